package chromium

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Page is a tab.
type Page struct {
	session *session
	id      string
}

func (p *Page) call(ctx context.Context, method string, params, result any) error {
	return p.session.call(ctx, p.id, method, params, result)
}

func (p *Page) navigate(ctx context.Context, address string) error {
	var answer struct{ ErrorText string }
	if err := p.call(ctx, "Page.navigate", map[string]any{"url": address}, &answer); err != nil {
		return err
	}
	if answer.ErrorText != "" {
		return errors.New("opening a page: " + answer.ErrorText)
	}
	return nil
}

// Evaluate evaluates an expression in the page and reads its value into result.
func (p *Page) Evaluate(ctx context.Context, expression string, result any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	params := map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}
	if err := p.call(ctx, "Runtime.evaluate", params, &answer); err != nil {
		return err
	}
	if answer.ExceptionDetails != nil {
		return errors.New("evaluating an expression: " + answer.ExceptionDetails.Text)
	}
	if len(answer.Result.Value) == 0 {
		return errors.New("evaluating an expression: it has no value")
	}
	return json.Unmarshal(answer.Result.Value, result)
}

// Type types a text where the focus is.
func (p *Page) Type(ctx context.Context, text string) error {
	return p.call(ctx, "Input.insertText", map[string]any{"text": text}, nil)
}

// Press presses a key: Enter, Space or Tab.
func (p *Page) Press(ctx context.Context, key string) error {
	k, known := map[string]struct {
		key, text string
		code      int
	}{"Enter": {"Enter", "\r", 13}, "Space": {" ", " ", 32}, "Tab": {"Tab", "", 9}}[key]
	if !known {
		return fmt.Errorf("pressing %s: unknown key", key)
	}
	down := map[string]any{"type": "keyDown", "key": k.key, "code": key, "text": k.text, "windowsVirtualKeyCode": k.code}
	if err := p.call(ctx, "Input.dispatchKeyEvent", down, nil); err != nil {
		return err
	}
	up := map[string]any{"type": "keyUp", "key": k.key, "code": key, "windowsVirtualKeyCode": k.code}
	return p.call(ctx, "Input.dispatchKeyEvent", up, nil)
}

// Screenshot returns a picture of the page, as PNG.
func (p *Page) Screenshot(ctx context.Context) ([]byte, error) {
	var answer struct{ Data string }
	if err := p.call(ctx, "Page.captureScreenshot", map[string]any{"format": "png"}, &answer); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(answer.Data)
}
