package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// runCaller calls the API once a second. What it prints is for people; the API keeps the account.
func runCaller(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("caller", flag.ContinueOnError)
	name := flags.String("name", "", "`name` to tell the API")
	file := flags.String("token-file", "", "`file` to read the token from, at each call")
	variable := flags.String("token-variable", "", "environment `variable` to read it from")
	if err := flags.Parse(args); err != nil {
		return err
	}
	read := func() (string, error) { return os.Getenv(*variable), nil }
	if *file != "" {
		read = func() (string, error) {
			content, err := os.ReadFile(*file)
			return strings.TrimSpace(string(content)), err
		}
	}
	address := "http://" + net.JoinHostPort(os.Getenv("API_SERVICE_HOST"), os.Getenv("API_SERVICE_PORT")) + "/"
	client := &http.Client{Timeout: 5 * time.Second}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		if err := call(ctx, client, address, *name, read); err != nil && ctx.Err() == nil {
			fmt.Println(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func call(ctx context.Context, client *http.Client, address, name string, read func() (string, error)) error {
	token, err := read()
	if err != nil {
		return fmt.Errorf("problem: reading the token: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("problem: making a request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set(callerHeader, name)
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("problem: calling the API: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("problem: refused with %d", response.StatusCode)
	}
	return nil
}
