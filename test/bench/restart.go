package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Targets for a restart.
const (
	settleSeconds = 20
	mostMemory    = 150 // MiB
)

// restart measures how an operator finds its bearings among live clients and Secrets of others: after the one before it has ended, and as the
// replica that was waiting.
func restart(ctx context.Context, b *bench) error {
	if err := b.ensureFleet(ctx); err != nil {
		return err
	}
	if err := b.plantForeignSecrets(ctx); err != nil {
		return err
	}
	if err := b.stage.operator.process.Stop(stopGrace); err != nil {
		return err
	}
	if err := b.replacement(ctx, "restart", func() (*operator, error) { return b.launchOperator("--leader-elect") }); err != nil {
		return err
	}
	first := b.stage.operator
	standby, err := b.startOperator(ctx, "--leader-elect")
	if err != nil {
		return err
	}
	b.stage.operator = standby
	if _, _, err := b.settled(ctx, standby, 0); err != nil { // its caches are filled
		return err
	}
	return b.replacement(ctx, "change of the leader", func() (*operator, error) {
		standby.begun = time.Now()
		return standby, first.process.Stop(stopGrace)
	})
}

// replacement measures what another operator does until it has come to rest.
func (b *bench) replacement(ctx context.Context, what string, replace func() (*operator, error)) error {
	b.stage.operator = nil
	callsBefore, err := b.stage.tenant.calls(ctx)
	if err != nil {
		return err
	}
	writesBefore, _, err := b.requests(ctx)
	if err != nil {
		return err
	}
	o, err := replace()
	b.stage.operator = o
	if err != nil {
		return err
	}
	profiled := b.profile(ctx, o)
	at, u, err := b.settled(ctx, o, b.stage.clients)
	profiled()
	if err != nil {
		return err
	}
	callsAfter, err := b.stage.tenant.calls(ctx)
	if err != nil {
		return err
	}
	writesAfter, _, err := b.requests(ctx)
	if err != nil {
		return err
	}
	made, written := callsAfter.since(callsBefore), writesAfter.since(writesBefore)
	b.judge(what+": seconds until it has come to rest", at.Sub(o.begun).Seconds(), "s", settleSeconds)
	b.judge(what+": peak memory", mebibytes(u.PeakRSS), "MiB", mostMemory)
	b.tell(what+": CPU", u.CPU.Seconds(), "s")
	b.judge(what+": tenant calls", float64(made.total()), "calls", 0)
	b.judge(what+": writes", float64(written.total()), "writes", 0)
	if made.total()+written.total() > 0 {
		b.Say("calls: %s; writes: %s", made, written)
	}
	return nil
}

// plantForeignSecrets writes Secrets of 1 KiB that are none of the operator's business.
func (b *bench) plantForeignSecrets(ctx context.Context) error {
	namespace := b.stage.namespace("foreign")
	entries := make([]entry, 0, b.size.Foreign)
	for i := range b.size.Foreign {
		name := fmt.Sprintf("foreign-%d", i)
		entries = append(entries, entry{key: "secrets/" + namespace + "/" + name, object: &corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: name, UID: types.UID(uuid.NewString()), CreationTimestamp: metav1.Now(), Labels: map[string]string{"app": name},
			},
			Type: corev1.SecretTypeOpaque, Data: map[string][]byte{"value": bytes.Repeat([]byte("x"), 1<<10)},
		}})
	}
	if err := b.registry.put(ctx, entries); err != nil {
		return err
	}
	b.Say("%d Secrets of others", len(entries))
	return nil
}
