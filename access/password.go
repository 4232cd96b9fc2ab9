package access

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// Length of passwords, in characters.
const (
	MinPassword = 15
	MaxPassword = 128
)

// hashesAtOnce bounds the memory that sign-ins take: each hash takes 19 MiB.
const hashesAtOnce = 4

// cost of a password's hash: OWASP's smallest set for argon2id.
var cost = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is a hash that no password has. It is compared with for names that nobody has, which then take as long.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Errors of CheckPassword. None holds what was given.
var (
	ErrPasswordLength = fmt.Errorf("a password has %d to %d characters", MinPassword, MaxPassword)
	ErrPasswordWeak   = errors.New("this password is easily guessed: it is made of well-known passwords, of the name or of few different characters")
)

//go:embed weak.txt
var weakText string

var weak = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(weakText) {
		words[word] = true
	}
	return words
})

// CheckPassword refuses a password that is too short, too long or easily guessed. It is taken exactly as given: no
// character is asked for, none is cut off or changed.
func CheckPassword(person, password string) error {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword || !utf8.ValidString(password) {
		return ErrPasswordLength
	}
	lower := strings.ToLower(password)
	if few(lower) || guessed(lower, person) || guessed(unleet.Replace(lower), person) {
		return ErrPasswordWeak
	}
	return nil
}

// few reports whether a text has fewer than five different characters.
func few(text string) bool {
	letters := []rune(text)
	slices.Sort(letters)
	return len(slices.Compact(letters)) < 5
}

var unleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// guessed reports whether nothing is left of a text without its digits and signs but one or two different words of the
// list, each as often as it likes, or nothing at all. The names of the person and of the program are such words.
func guessed(text, person string) bool {
	letters := func(text string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, text)
	}
	text, person = letters(text), letters(person)
	known := func(word string) bool { return weak()[word] || word == "svcgate" || word == person && person != "" }
	// reached[i] holds the pairs of words that make up the first i bytes.
	type pair [2]string
	reached := make([]map[pair]bool, len(text)+1)
	reached[0] = map[pair]bool{{}: true}
	for i := range text {
		for words := range reached[i] {
			for j := i + 1; j <= min(len(text), i+longestWeak); j++ {
				word := text[i:j]
				next := words
				switch {
				case !known(word):
					continue
				case word == words[0] || word == words[1]:
				case words[0] == "":
					next[0] = word
				case words[1] == "":
					next[1] = word
				default:
					continue
				}
				if reached[j] == nil {
					reached[j] = map[pair]bool{}
				}
				reached[j][next] = true
			}
		}
	}
	return len(reached[len(text)]) > 0
}

// longestWeak is the longest word that guessed looks for, in bytes.
const longestWeak = MaxTokenName

// hash makes the hash of a password to keep.
func (d *Door) hash(ctx context.Context, password string) (hash string, err error) {
	err = d.slowly(ctx, func() error {
		hash, err = argon2id.CreateHash(password, cost)
		return err
	})
	return hash, err
}

// matches reports whether a password has the hash.
func (d *Door) matches(ctx context.Context, password, hash string) (same bool, err error) {
	if utf8.RuneCountInString(password) > MaxPassword { // none is kept; what is long would take long
		password = ""
	}
	err = d.slowly(ctx, func() error {
		same, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	return same, err
}

// slowly runs what takes memory, few at once.
func (d *Door) slowly(ctx context.Context, work func() error) error {
	select {
	case d.hashes <- struct{}{}:
		defer func() { <-d.hashes }()
		if err := work(); err != nil {
			return fmt.Errorf("hashing a password: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to hash a password: %w", context.Cause(ctx))
	}
}
