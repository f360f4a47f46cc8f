package verify

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseRate reads "1/day", "0.1/hour" or "0.1/h" as events an hour.
func ParseRate(text string) (float64, error) {
	number, unit, _ := strings.Cut(text, "/")
	hours := map[string]float64{"hour": 1, "h": 1, "day": 24, "d": 24, "week": 7 * 24}[unit]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || hours == 0 || !(n >= 0 && n <= 1e6) {
		return 0, fmt.Errorf("%q: want a number of 0 or more, a slash, and hour, day or week, as in 1/day", text)
	}
	return n / hours, nil
}
