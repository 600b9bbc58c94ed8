// Command workload is what runs in the pods of the end-to-end tests, apart from the operator and the tenant: an API that wants access tokens, and a
// caller that reads its token as workloads do.
//
//	workload api --issuer URL --keys URL --audience URL --ca FILE
//	workload caller --name NAME --token-file FILE
//	workload caller --name NAME --token-variable NAME
//
// The caller finds the API as kubelet tells every container of a namespace about its Services: by API_SERVICE_HOST and API_SERVICE_PORT.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "workload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "api":
			return runAPI(ctx, args[1:])
		case "caller":
			return runCaller(ctx, args[1:])
		}
	}
	return fmt.Errorf("say api or caller")
}
