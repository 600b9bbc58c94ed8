package environment

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/oauth-operator/oauth-operator/internal/index"
)

// Indexed returns a client for tests that call Reconcile themselves: it reads past any cache, so that a pass sees what the one before it has
// written, and it answers the lists by index that otherwise only the operator's cache can answer. wrap sees all its requests; it may be nil.
func (w *World) Indexed(wrap transport.WrapperFunc) client.Client {
	w.t.Helper()
	config := rest.CopyConfig(w.config)
	config.Wrap(wrap)
	direct, err := client.NewWithWatch(config, client.Options{Scheme: w.Client.Scheme()})
	if err != nil {
		w.t.Fatal(err)
	}
	indexes := indexes{}
	if err := index.Register(w.t.Context(), indexes); err != nil {
		w.t.Fatal(err)
	}
	return interceptor.NewClient(direct, interceptor.Funcs{List: indexes.list})
}

// indexes are the functions that the operator registers for its cache, by the type of object and the name of the index.
type indexes map[string]client.IndexerFunc

// IndexField implements client.FieldIndexer.
func (i indexes) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	i[indexKey(reflect.TypeOf(object), field)] = values
	return nil
}

func indexKey(object reflect.Type, field string) string { return fmt.Sprint(object, " by ", field) }

// list lists everything, and keeps what the index says.
func (i indexes) list(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
	applied := (&client.ListOptions{}).ApplyOptions(options)
	if applied.FieldSelector == nil {
		return c.List(ctx, list, options...)
	}
	wanted := applied.FieldSelector.Requirements()[0]
	applied.FieldSelector = nil
	if err := c.List(ctx, list, applied); err != nil {
		return err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(item runtime.Object) bool {
		values := i[indexKey(reflect.TypeOf(item), wanted.Field)]
		return !slices.Contains(values(item.(client.Object)), wanted.Value)
	})
	return meta.SetList(list, items)
}
