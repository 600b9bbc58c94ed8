package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// registry is etcd, behind kube-apiserver's back: tens of thousands of objects come and go there in seconds, and kube-apiserver hears of it by its
// watch, as if it had another replica.
type registry struct {
	// url of etcd's JSON gateway.
	url string
}

// entry is a stored object.
type entry struct {
	key    string // after the prefix, such as secrets/default/name
	object any
}

// registryPrefix is what the keys of kube-apiserver begin with.
const registryPrefix = "/registry/"

// put stores objects.
func (r registry) put(ctx context.Context, entries []entry) error {
	const most = 100 // a transaction holds 128
	for part := range slices.Chunk(entries, most) {
		type request struct {
			Key   []byte `json:"key"`
			Value []byte `json:"value"`
		}
		var operations []map[string]request
		for _, e := range part {
			content, err := json.Marshal(e.object)
			if err != nil {
				return fmt.Errorf("encoding %s: %w", e.key, err)
			}
			operations = append(operations, map[string]request{"requestPut": {Key: []byte(registryPrefix + e.key), Value: content}})
		}
		if err := r.call(ctx, "/v3/kv/txn", map[string]any{"success": operations}); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes everything whose key begins so.
func (r registry) remove(ctx context.Context, prefix string) error {
	from := []byte(registryPrefix + prefix)
	to := slices.Clone(from)
	to[len(to)-1]++
	return r.call(ctx, "/v3/kv/deleterange", map[string][]byte{"key": from, "range_end": to})
}

func (r registry) call(ctx context.Context, path string, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding a call of etcd: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+path, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("making a call of etcd: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("calling etcd: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("calling etcd: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("calling etcd: status %d: %.200s", response.StatusCode, answer)
	}
	return nil
}
