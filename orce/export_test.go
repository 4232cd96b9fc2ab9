package orce

// Reasons lists the stable words of all failures, in the order of their constants.
func Reasons() []string {
	var all []string
	for _, v := range verdicts[1:] {
		all = append(all, v.reason)
	}
	return all
}
