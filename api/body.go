package api

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// Limits of bodies, in bytes.
const (
	maxBody   = 64 << 10
	maxUpload = responsecodes.MaxFile // of a vendor response table
)

// readBody reads the whole body, which must be of the given media type, in UTF-8 and not compressed.
func (c *call) readBody(mediaType string, limit int64) ([]byte, error) {
	var body bytes.Buffer
	err := c.readInto(&body, mediaType, limit)
	return body.Bytes(), err
}

// readInto is readBody into a buffer that is empty.
func (c *call) readInto(body *bytes.Buffer, mediaType string, limit int64) error {
	if !isMediaType(c.r.Header, mediaType) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unsupported_media_type", Field: "Content-Type",
			Detail: "Send the header Content-Type: " + mediaType + " once, with no other charset than utf-8 and no Content-Encoding."}
	}
	in := c.r.Body
	if length := c.r.ContentLength; length < 0 || length > limit { // else net/http hands out no more than was announced
		in = http.MaxBytesReader(c.w, in, limit)
	}
	_, err := body.ReadFrom(in)
	if err == nil {
		return nil
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "body_too_large", Err: err,
			Detail: "The body is larger than this address takes."}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "body_too_slow", Err: err,
			Detail: "The body did not arrive in time. Send it at once."}
	}
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "body_incomplete", Err: err,
		Detail: "The body broke off before its end. Nothing was done."}
}

func isMediaType(h http.Header, want string) bool {
	given := h.Values("Content-Type")
	if len(given) != 1 || len(h.Values("Content-Encoding")) > 0 {
		return false
	}
	if given[0] == want {
		return true
	}
	mediaType, parameters, err := mime.ParseMediaType(given[0])
	if err != nil || mediaType != want {
		return false
	}
	for name, value := range parameters {
		if name == "charset" && !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}
