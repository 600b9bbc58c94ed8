package process

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// FreeAddress returns an address of the loopback interface, with a port that nobody listens on at the moment. It is for
// programs that cannot choose a port by themselves and tell. The port is none of those that systems give to connections: one of
// many others could have it before the program does.
func FreeAddress() (string, error) {
	const first, last, tries = 20_000, 32_767, 100
	var failed error
	for range tries {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(last-first+1)))
		listener, err := net.Listen("tcp", address) //nolint:noctx // nothing to wait for
		if err == nil {
			return address, listener.Close()
		}
		failed = err
	}
	return "", fmt.Errorf("looking for a free address: %w", failed)
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

// Accepts returns a function, for WaitFor, that is content when somebody accepts a connection at the address.
func Accepts(address string) func(context.Context) error {
	dialer := &net.Dialer{Timeout: time.Second}
	return func(ctx context.Context) error {
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("asking whether it listens: %w", err)
		}
		return connection.Close()
	}
}
