package identity_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
)

const (
	query      = "Redrock/query"
	getApp     = "SaasManage/GetApplication"
	importApp  = "SaasManage/ImportAppFromTemplate"
	updateApp  = "SaasManage/UpdateApplicationDE"
	deleteApp  = "SaasManage/DeleteApplication"
	ordersRow  = `{"ID":"a-1","Name":"Orders API","ServiceName":"Orders","Description":null,"TemplateName":"OAuth2Server","Version":3}`
	ordersRow2 = `{"ID":"a-2","Name":"Orders API","ServiceName":"orders"}`
)

func TestFindApplication(t *testing.T) {
	orders := identity.ApplicationSummary{Key: "a-1", Name: "Orders API", ServiceName: "Orders", TemplateName: "OAuth2Server"}
	cases := map[string]struct {
		answer http.HandlerFunc
		want   identity.ApplicationSummary
		found  bool
		text   string
	}{
		"one that matches, in any case, is found": {answer: rows(row(ordersRow)), want: orders, found: true},
		"no row is a proof of absence":            {answer: rows()},
		"a null list with a count of 0 is a proof, too": {
			answer: result(`{"Results":null,"FullCount":0}`),
		},
		"a row of another name is not taken": {answer: rows(row(`{"ID":"a-3","ServiceName":"orders2"}`))},
		"two of one name are refused": {
			answer: rows(row(ordersRow), row(ordersRow2)), text: "Redrock/query answered 200 with several rows of one name",
		},
		"a row without a key is refused": {
			answer: rows(row(`{"ServiceName":"orders"}`)), text: "Redrock/query answered 200 with a row without a key",
		},
		"no list of results proves nothing": {
			answer: result(`{}`), text: "Redrock/query answered 200 with no list of results",
		},
		"no result proves nothing": {answer: result(`null`), text: "Redrock/query answered 200 with no list of results"},
		"an empty row proves nothing": {
			answer: rows(`{}`), text: "Redrock/query answered 200 with a row of another shape",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(query, tc.answer)
			got, found, err := s.client.FindApplication(t.Context(), "orders")
			expectText(t, err, tc.text)
			if tc.text != "" && failure.ClassOf(err) != failure.Unexpected {
				t.Errorf("class is %s", failure.ClassOf(err))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || found != tc.found {
				t.Errorf("found %v (-want +got):\n%s", found, diff)
			}
		})
	}
}

func TestQueryQuotesNames(t *testing.T) {
	s := newStub(t).on(query, rows())
	if _, _, err := s.client.FindApplication(t.Context(), "o'; DROP TABLE x --"); err != nil {
		t.Fatal(err)
	}
	want := "SELECT * FROM Application WHERE 1=1 AND AppType='Web' AND WebAppType='OAuth'" +
		" AND ServiceName='o''; DROP TABLE x --'"
	if got := s.arguments(0)["Script"]; got != want {
		t.Errorf("script is %q", got)
	}
}

func TestListReadsAllPages(t *testing.T) {
	full := make([]string, 1000)
	for i := range full {
		full[i] = row(ordersRow)
	}
	cases := map[string]struct {
		answers []http.HandlerFunc
		want    int
	}{
		"a short page ends the list":      {[]http.HandlerFunc{rows(full...), rows(row(ordersRow))}, 1001},
		"an empty page ends the list":     {[]http.HandlerFunc{rows(full...), rows()}, 1000},
		"a short first page is all":       {[]http.HandlerFunc{rows(row(ordersRow))}, 1},
		"pages that the tenant shortened": {[]http.HandlerFunc{counted(3, 2), counted(3, 1)}, 3},
		"a count that is never reached":   {[]http.HandlerFunc{counted(9, 2), counted(9, 0)}, 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(query, tc.answers...)
			got, err := s.client.ListOAuthApplications(t.Context())
			if err != nil || len(got) != tc.want {
				t.Errorf("%d applications, error %v", len(got), err)
			}
			if len(s.operations()) != len(tc.answers) {
				t.Errorf("%d pages were read", len(s.operations()))
			}
			for i := range tc.answers {
				args, _ := s.arguments(i)["Args"].(map[string]any)
				if diff := cmp.Diff(float64(i+1), args["PageNumber"]); diff != "" {
					t.Errorf("page %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestGetApplication(t *testing.T) {
	const raw = `{"_RowKey":"a-1","Name":"Orders API","ServiceName":"orders","Description":null,` +
		`"TemplateName":"OAuth2Server","Unknown":{"Deep":[1,2]}}`
	cases := map[string]struct {
		get, query []http.HandlerFunc
		found      bool
		text       string
		calls      int
	}{
		"one that exists":                        {get: one(result(raw)), found: true, calls: 1},
		"a null result and no row prove absence": {get: one(result(`null`)), query: one(rows()), calls: 2},
		"a refusal and no row prove absence":     {get: one(refuse()), query: one(rows()), calls: 2},
		"a refusal of one that exists is a refusal": {
			get: one(refuse()), query: one(rows(row(`{"ID":"a-1"}`))), calls: 2,
			text: getApp + " answered 200 with a refusal (_I18N_System.InvalidOperationException)",
		},
		"a null result of one that exists is no absence": {
			get: one(result(`null`)), query: one(rows(row(`{"ID":"a-1"}`))), calls: 2, text: getApp + " answered 200 with no result",
		},
		"a query that fails proves nothing": {
			get: one(refuse()), query: one(status(500, ``)), calls: 2, text: query + " answered 500",
		},
		"a page proves nothing": {
			get: one(status(404, `<html>`)), calls: 1, text: getApp + " answered 404 with an HTML page: is the URL that of the tenant?",
		},
		"no right proves nothing": {get: one(status(403, ``)), calls: 1, text: getApp + " answered 403"},
		"another application is not taken": {
			get: one(result(`{"_RowKey":"a-2"}`)), calls: 1, text: getApp + " answered 200 with another application",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(getApp, tc.get...).on(query, tc.query...)
			got, found, err := s.client.GetApplication(t.Context(), "a-1")
			expectText(t, err, tc.text)
			if found != tc.found || len(s.operations()) != tc.calls {
				t.Errorf("found %v with %v", found, s.operations())
			}
			if !found {
				return
			}
			values := []string{got.Key, got.Name(), got.ServiceName(), got.Description(), got.TemplateName(), string(got.Fields["Unknown"])}
			want := []string{"a-1", "Orders API", "orders", "", "OAuth2Server", `{"Deep":[1,2]}`}
			if diff := cmp.Diff(want, values); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestImportApplication(t *testing.T) {
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
		text   string
	}{
		"the new key is returned": {answer: result(`[{"_RowKey":"a-9","Name":"OAuth2 Server"}]`), want: "a-9"},
		"an empty result is a failure": {
			answer: result(`[]`), text: importApp + " answered 200 with other than one new application",
		},
		"two new ones are a failure": {
			answer: result(`[{"_RowKey":"a"},{"_RowKey":"b"}]`), text: importApp + " answered 200 with other than one new application",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(importApp, tc.answer)
			got, err := s.client.ImportApplication(t.Context(), identity.TemplateOAuth2Server)
			expectText(t, err, tc.text)
			if got != tc.want {
				t.Errorf("key is %q", got)
			}
			if diff := cmp.Diff(map[string]any{"ID": []any{"OAuth2Server"}}, s.arguments(0)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdateApplication(t *testing.T) {
	cases := map[string]struct {
		answer http.HandlerFunc
		text   string
		class  failure.Class
	}{
		"state 0 is a success":   {answer: result(`{"State":0}`)},
		"no result is a success": {answer: result(`null`)},
		"state 1 is a duplicate": {
			answer: result(`{"State":1}`), class: failure.Rejected,
			text: updateApp + " answered 200 with a result state that is not zero (1)",
		},
		"a refusal is a refusal": {
			answer: refuse(), class: failure.Rejected,
			text: updateApp + " answered 200 with a refusal (_I18N_System.InvalidOperationException)",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(updateApp, tc.answer)
			fields := map[string]json.RawMessage{"OAuthProfile": json.RawMessage(`{"Audience":"a"}`)}
			err := s.client.UpdateApplication(t.Context(), "a-1", fields)
			expectText(t, err, tc.text)
			if got := failure.ClassOf(err); got != tc.class {
				t.Errorf("class is %q", got)
			}
			want := map[string]any{"_RowKey": "a-1", "OAuthProfile": map[string]any{"Audience": "a"}}
			if diff := cmp.Diff(want, s.arguments(0)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if len(fields) != 1 {
				t.Error("the caller's fields were changed")
			}
		})
	}
}

func TestDeletesAreDoneWhenTheObjectIsGone(t *testing.T) {
	deletes := map[string]struct {
		operation, arguments string
		do                   func(*identity.Client) error
	}{
		"application": {deleteApp, `{"_RowKey":["x-1"]}`, func(c *identity.Client) error { return c.DeleteApplication(t.Context(), "x-1") }},
		"role":        {"SaasManage/DeleteRole", `{"Name":"x-1"}`, func(c *identity.Client) error { return c.DeleteRole(t.Context(), "x-1") }},
		"user":        {"CDirectoryService/DeleteUser", `{"ID":"x-1"}`, func(c *identity.Client) error { return c.DeleteUser(t.Context(), "x-1") }},
	}
	cases := map[string]struct {
		answer, query http.HandlerFunc
		fails         bool
	}{
		"a success is a success":                 {answer: result(`null`)},
		"a refusal without a row is a success":   {answer: refuse(), query: rows()},
		"a refusal with a row is a failure":      {answer: refuse(), query: rows(row(`{"ID":"x-1"}`)), fails: true},
		"a refusal without an answer is unknown": {answer: refuse(), query: status(500, ``), fails: true},
		"an outage is unknown":                   {answer: status(500, ``), fails: true},
	}
	for kind, d := range deletes {
		for name, tc := range cases {
			t.Run(kind+": "+name, func(t *testing.T) {
				s := newStub(t).on(d.operation, tc.answer)
				if tc.query != nil {
					s.on(query, tc.query)
				}
				if err := d.do(s.client); (err != nil) != tc.fails {
					t.Errorf("error is %v", err)
				}
				if body := s.calls[0].Body; body != d.arguments {
					t.Errorf("arguments are %s", body)
				}
				if len(s.calls) == 2 && !strings.HasSuffix(s.arguments(1)["Script"].(string), " WHERE ID='x-1'") {
					t.Errorf("the query is %s", s.arguments(1)["Script"])
				}
			})
		}
	}
}

// counted is a page of n rows of a query that says that it has total.
func counted(total, n int) http.HandlerFunc {
	page := make([]string, n)
	for i := range page {
		page[i] = row(ordersRow)
	}
	count, _ := json.Marshal(total)
	return result(`{"FullCount":` + string(count) + `,"Results":[` + strings.Join(page, ",") + `]}`)
}

func one(h http.HandlerFunc) []http.HandlerFunc { return []http.HandlerFunc{h} }

// expectText compares an error's text; none is wanted if text is empty.
func expectText(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case err == nil && text != "":
		t.Errorf("there is no error, want %q", text)
	case err != nil && err.Error() != text:
		t.Errorf("error is %q, want %q", err, text)
	}
}
