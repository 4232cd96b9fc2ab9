package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestTheChartIsWellFormedAndInsideItsFrame(t *testing.T) {
	t.Parallel()
	for name, all := range map[string]cells{
		"empty":  nil,
		"a cell": round(1, 5000, 0.5, 0)[:1],
		"more":   slices.Concat(round(1, 5000, 120_000, 0), round(2, 5000, 0, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var width, height float64
			elements := 0
			for d := xml.NewDecoder(strings.NewReader(chart(all))); ; {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				start, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				elements++
				for _, a := range start.Attr {
					v, err := strconv.ParseFloat(a.Value, 64)
					switch a.Name.Local {
					case "width":
						width = v
					case "height":
						height = v
					case "x", "x1", "x2", "cx":
						if err != nil || v < 0 || v > width {
							t.Errorf("%s %s=%q is outside", start.Name.Local, a.Name.Local, a.Value)
						}
					case "y", "y1", "y2", "cy":
						if err != nil || v < 0 || v > height {
							t.Errorf("%s %s=%q is outside", start.Name.Local, a.Name.Local, a.Value)
						}
					}
				}
			}
			if elements < 20 {
				t.Errorf("only %d elements", elements)
			}
		})
	}
}
