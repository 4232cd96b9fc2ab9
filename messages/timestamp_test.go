package messages_test

import (
	"errors"
	"testing"
	"time"

	"github.com/svcgate/svcgate/messages"
)

func TestParseTimestamp(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 60*60)
	for text, want := range map[string]struct {
		zoned bool
		at    string // in RFC 3339, UTC
	}{
		"2024-03-09T14:05:06-0400":           {true, "2024-03-09T18:05:06Z"},
		"2024-03-09T14:05:06-04:00":          {true, "2024-03-09T18:05:06Z"},
		"2024-03-09T14:05:06Z":               {true, "2024-03-09T14:05:06Z"},
		"2024-03-09T14:05:06":                {false, "2024-03-09T13:05:06Z"},
		"2024-03-09T14:05:06+0000":           {true, "2024-03-09T14:05:06Z"},
		"2024-03-09T14:05:06+05:30":          {true, "2024-03-09T08:35:06Z"},
		"2024-03-09T14:05:06+1400":           {true, "2024-03-09T00:05:06Z"},
		"2024-02-29T23:59:59-0100":           {true, "2024-03-01T00:59:59Z"},
		"2000-02-29T00:00:00Z":               {true, "2000-02-29T00:00:00Z"},
		"0001-01-01T00:00:00Z":               {true, "0001-01-01T00:00:00Z"},
		"2024-03-09T14:05:06.250-0400":       {true, "2024-03-09T18:05:06.25Z"},
		"2024-03-09T14:05:06.000000001":      {false, "2024-03-09T13:05:06.000000001Z"},
		"2024-03-09T14:05:06.123456789+0130": {true, "2024-03-09T12:35:06.123456789Z"},
	} {
		at, err := messages.ParseTimestamp(text)
		if err != nil || at.IsZero() || at.Zoned() != want.zoned || at.String() != text {
			t.Errorf("ParseTimestamp(%q) = %q, zoned %v, %v", text, at, at.Zoned(), err)
		}
		if got := at.In(berlin).UTC().Format(time.RFC3339Nano); got != want.at {
			t.Errorf("%q is %s, want %s", text, got, want.at)
		}
	}
}

func TestParseTimestampRefuses(t *testing.T) {
	t.Parallel()
	const good = "2024-03-09T14:05:06"
	for _, text := range []string{
		"", "x", "2024-03-09", "14:05:06", "2024-03-09 14:05:06", "2024-03-09t14:05:06", good + "z", good + " ", " " + good,
		"2024-13-09T14:05:06", "2024-00-09T14:05:06", "2024-03-00T14:05:06", "2024-03-32T14:05:06", "2024-04-31T14:05:06",
		"2023-02-29T14:05:06", "1900-02-29T14:05:06", "0000-03-09T14:05:06", "2024-03-09T24:00:00", "2024-03-09T14:60:06",
		"2024-03-09T14:05:60", "24-03-09T14:05:06", "12024-03-09T14:05:06", "-2024-03-09T14:05:06", "2024-3-9T14:05:06",
		good + "-04", good + "-4:00", good + "-04:0", good + "-040", good + "-04000", good + "-04:60", good + "-0460", good + "+1401", good + "+15:00",
		good + "-0000", good + "-00:00", good + "0400", good + "*0400", good + ".", good + ".Z", good + ".1234567890", good + "EDT",
		"２024-03-09T14:05:06", "2024-03-09T14:05:0\x00", "2024-03-09T1a:05:06",
	} {
		if at, err := messages.ParseTimestamp(text); !errors.Is(err, messages.ErrTimestamp) || !at.IsZero() {
			t.Errorf("ParseTimestamp(%q) = %q, %v", text, at, err)
		}
	}
}

func TestNewTimestamp(t *testing.T) {
	t.Parallel()
	instant := time.Date(2024, 3, 9, 14, 5, 6, 987654321, time.FixedZone("", -4*60*60))
	if got := messages.NewTimestamp(instant); got.String() != "2024-03-09T14:05:06-0400" || !got.In(time.UTC).Equal(instant.Truncate(time.Second)) {
		t.Errorf("NewTimestamp: %q", got)
	}
	local := messages.NewLocalTimestamp(instant)
	if local.String() != "2024-03-09T14:05:06" || local.Zoned() || !local.In(instant.Location()).Equal(instant.Truncate(time.Second)) {
		t.Errorf("NewLocalTimestamp: %q", local)
	}
	odd := time.Date(1890, 1, 1, 0, 0, 0, 0, time.FixedZone("", 53*60+28))
	if got := messages.NewTimestamp(odd); !got.In(time.UTC).Equal(odd) {
		t.Errorf("an offset with seconds: %q is not %v", got, odd)
	}
	for _, none := range []messages.Timestamp{
		{}, messages.NewTimestamp(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), messages.NewTimestamp(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)),
		messages.NewLocalTimestamp(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)), messages.NewTimestamp(time.Now().In(time.FixedZone("", 20*60*60))),
	} {
		if !none.IsZero() || none.Zoned() || none.String() != "" || !none.In(time.UTC).IsZero() {
			t.Errorf("%q is a timestamp", none)
		}
	}
}
