package simulator

import "github.com/svcgate/svcgate/internal/secret"

// Break spoils an account behind the books' back, to see that they notice.
func (s *Simulator) Break(number secret.String, how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.state.byNumber[s.index(number)].account
	switch how {
	case "balance":
		a.balance++
	case "credits":
		a.totalCredits++
	case "frozen":
		a.frozen++
	case "hold":
		for _, h := range s.state.holds {
			h.rest++
		}
	case "negative":
		a.balance -= 1_000_00
		a.totalDebits += 1_000_00
		s.state.total -= 1_000_00
		s.state.world += 1_000_00
	case "outside":
		s.state.world++
	case "two accounts":
		a.balance++
		a.totalCredits++
		s.state.world--
	}
}
