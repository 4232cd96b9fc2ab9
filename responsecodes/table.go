package responsecodes

import (
	"encoding/csv"
	"fmt"
	"io"
)

// WriteTable writes a table with a header as WriteCSV writes rules: lines ended by CR LF, quoted where needed, and an
// apostrophe before a field that a spreadsheet would take for a formula.
func WriteTable(w io.Writer, columns []string, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(columns); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	for _, row := range rows {
		guarded := make([]string, len(row))
		for i, field := range row {
			if guarded[i] = field; isFormula(field) {
				guarded[i] = formulaGuard + field
			}
		}
		if err := out.Write(guarded); err != nil {
			return fmt.Errorf("writing a table: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}
