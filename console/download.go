package console

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
)

// download makes an answer that the browser saves under the name, which is one of ours.
func (v *visit) download(name, contentType string, body []byte) (*answer, error) {
	v.header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return &answer{status: http.StatusOK, contentType: contentType, body: body}, nil
}

// csv makes a download of rows (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe.
func (v *visit) csv(name string, head []string, rows [][]string) (*answer, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	_ = w.Write(head) // a buffer takes everything; Error below tells of fields that cannot be written
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = safeCell(cell)
		}
		_ = w.Write(safe)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return v.download(name, "text/csv; charset=utf-8", out.Bytes())
}

// safeCell keeps spreadsheets from carrying out what a cell holds.
func safeCell(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
