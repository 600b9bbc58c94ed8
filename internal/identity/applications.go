package identity

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
)

const (
	opGetApplication    = "SaasManage/GetApplication"
	opImportApplication = "SaasManage/ImportAppFromTemplate"
	opUpdateApplication = "SaasManage/UpdateApplicationDE"
	opDeleteApplication = "SaasManage/DeleteApplication"
	opResetScript       = "SaasManage/ResetAppScript"

	tableApplication = "Application"
	rowKeyField      = "_RowKey"

	oauthApplications = " FROM Application WHERE 1=1 AND AppType='Web' AND WebAppType='OAuth'"
)

// Templates for ImportApplication. The tenant's names are reversed with respect to intuition.
const (
	// TemplateOAuth2Server makes an application that issues tokens for APIs of your own.
	TemplateOAuth2Server = "OAuth2Server"
	// TemplateOAuth2Client makes an application that issues tokens for the tenant's own API.
	TemplateOAuth2Client = "OAuth2ServerClient"
)

// ApplicationSummary is what a query tells about an application. Fields that the tenant has not set are empty.
type ApplicationSummary struct {
	// Key is the row key, by which all other calls address the application.
	Key string `json:"ID"`
	// Name is the display name, which need not be unique.
	Name string `json:"Name"`
	// ServiceName is the application ID, part of every OAuth URL.
	ServiceName string `json:"ServiceName"`
	// Description is free text.
	Description string `json:"Description"`
	// TemplateName is the template that the application was made from.
	TemplateName string `json:"TemplateName"`
}

// Application is an application as the tenant has it. Fields are its top level members as they were read, so that
// a change can send back what it does not understand.
type Application struct {
	Key    string
	Fields map[string]json.RawMessage
}

// ServiceName returns the application ID, empty until one is set.
func (a Application) ServiceName() string { return text(a.Fields["ServiceName"]) }

// Name returns the display name.
func (a Application) Name() string { return text(a.Fields["Name"]) }

// Description returns the description.
func (a Application) Description() string { return text(a.Fields["Description"]) }

// TemplateName returns the template that the application was made from.
func (a Application) TemplateName() string { return text(a.Fields["TemplateName"]) }

// FindApplication looks for the OAuth application with this application ID, in any case (Redrock/query). More than
// one is an error of class Unexpected, because the ID addresses the application in URLs.
func (c *Client) FindApplication(ctx context.Context, serviceName string) (ApplicationSummary, bool, error) {
	rows, err := query[ApplicationSummary](ctx, c,
		"SELECT *"+oauthApplications+" AND ServiceName="+quote(serviceName))
	if err != nil {
		return ApplicationSummary{}, false, err
	}
	return single(rows, serviceName, func(a ApplicationSummary) (key, name string) { return a.Key, a.ServiceName })
}

// ListOAuthApplications returns all applications of both OAuth templates (Redrock/query, in pages), with their keys, application IDs and templates
// only: a whole row is ten times as long.
func (c *Client) ListOAuthApplications(ctx context.Context) ([]ApplicationSummary, error) {
	return query[ApplicationSummary](ctx, c, "SELECT ID, ServiceName, TemplateName"+oauthApplications)
}

// GetApplication reads an application (SaasManage/GetApplication). A key that the tenant does not answer for is
// absent only if a query does not find it either.
func (c *Client) GetApplication(ctx context.Context, key string) (Application, bool, error) {
	var fields map[string]json.RawMessage
	err := c.callInto(ctx, opGetApplication, map[string]string{rowKeyField: key}, &fields)
	if err == nil && fields == nil {
		err = nullResult(opGetApplication)
	}
	if err != nil {
		return Application{}, false, confirmAbsence(err, func() (bool, error) {
			return c.exists(ctx, tableApplication, key)
		})
	}
	// The call also accepts names, so a key of ours might meet another application's name.
	if !strings.EqualFold(text(fields[rowKeyField]), key) {
		return Application{}, false, unexpected(opGetApplication, "another application")
	}
	return Application{Key: key, Fields: fields}, true, nil
}

// ImportApplication makes an application from a template and returns its key (SaasManage/ImportAppFromTemplate).
// It is not idempotent: each call makes one more application, with the template's name and no application ID.
func (c *Client) ImportApplication(ctx context.Context, template string) (string, error) {
	var imported []struct {
		Key string `json:"_RowKey"`
	}
	if err := c.callInto(ctx, opImportApplication, map[string][]string{"ID": {template}}, &imported); err != nil {
		return "", err
	}
	if len(imported) != 1 || imported[0].Key == "" {
		return "", unexpected(opImportApplication, "other than one new application")
	}
	return imported[0].Key, nil
}

// UpdateApplication changes top level fields of an application and keeps those that fields does not name
// (SaasManage/UpdateApplicationDE). Objects such as OAuthProfile may be replaced as a whole: send them complete.
// A name that another application has is refused with class Rejected.
func (c *Client) UpdateApplication(ctx context.Context, key string, fields map[string]json.RawMessage) error {
	rowKey, err := json.Marshal(key)
	if err != nil {
		return err
	}
	body := maps.Clone(fields)
	if body == nil {
		body = map[string]json.RawMessage{}
	}
	body[rowKeyField] = rowKey
	result, err := c.call(ctx, opUpdateApplication, body)
	if err != nil {
		return err
	}
	return checkState(opUpdateApplication, result)
}

// ResetApplicationScript brings back the script that the tenant gives an application by default (SaasManage/ResetAppScript).
func (c *Client) ResetApplicationScript(ctx context.Context, key string) error {
	_, err := c.call(ctx, opResetScript, map[string]string{rowKeyField: key})
	return err
}

// DeleteApplication deletes an application (SaasManage/DeleteApplication). One that is gone already is no error.
func (c *Client) DeleteApplication(ctx context.Context, key string) error {
	_, err := c.call(ctx, opDeleteApplication, map[string][]string{rowKeyField: {key}})
	return confirmAbsence(err, func() (bool, error) { return c.exists(ctx, tableApplication, key) })
}
