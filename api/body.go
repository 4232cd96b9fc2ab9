package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/svcgate/svcgate"
)

// Limits of bodies, in bytes.
const (
	maxBody   = 64 << 10
	maxUpload = 1 << 20 // a vendor response table as CSV
)

// readBody reads the whole body, which must be of the given media type, in UTF-8 and not compressed.
func (c *call) readBody(mediaType string, limit int64) ([]byte, error) {
	if !isMediaType(c.r.Header, mediaType) {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unsupported_media_type", Field: "Content-Type",
			Detail: "Send the header Content-Type: " + mediaType + " once, with no other charset than utf-8 and no Content-Encoding."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if err == nil {
		return body, nil
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "body_too_large", Err: err,
			Detail: "The body is larger than this address takes."}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "body_too_slow", Err: err,
			Detail: "The body did not arrive in time. Send it at once."}
	}
	return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "body_incomplete", Err: err,
		Detail: "The body broke off before its end. Nothing was done."}
}

func isMediaType(h http.Header, want string) bool {
	given := h.Values("Content-Type")
	if len(given) != 1 || len(h.Values("Content-Encoding")) > 0 {
		return false
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
