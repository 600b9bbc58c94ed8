package process

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// FreeAddress returns an address of the loopback interface, with a port that nobody listens on at the moment. It is for
// programs that cannot choose a port by themselves and tell.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // nothing to wait for
	if err != nil {
		return "", fmt.Errorf("looking for a free address: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// Answers returns a function, for WaitFor, that asks the address once and is content with status 200. Certificates are not
// looked at: programs make theirs when they start, and nothing secret is said.
func Answers(address string) func(context.Context) error {
	client := &http.Client{
		Timeout: time.Second,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives: true,
		},
	}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return fmt.Errorf("making a request: %w", err)
		}
		response, err := client.Do(request)
		if err != nil {
			return fmt.Errorf("asking whether it is ready: %w", err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("asking whether it is ready: status %d", response.StatusCode)
		}
		return nil
	}
}
