package report

import "math"

// Mean is sum / n, rounded half up; 0 without anything to divide by.
func Mean(sum, n int64) int64 {
	if n == 0 {
		return 0
	}
	return (2*sum + n) / (2 * n)
}

// Ratio is sum / n with so many decimals, rounded half up; nil without anything to divide by.
func Ratio(sum, n int64, decimals int) *float64 {
	if n == 0 {
		return nil
	}
	power := int64(math.Pow10(decimals))
	r := float64(Mean(sum*power, n)) / float64(power) // of all numbers the nearest one, which is written with these decimals
	return &r
}

// Percent is n of all in hundredths, with one decimal.
func Percent(n, all int64) *float64 { return Ratio(100*n, all, 1) }
