package tenant

import (
	"context"
	"net"
)

// Dial makes a connection as a Session does.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	return newTransport(nil, nil).DialContext(ctx, "tcp", address)
}
