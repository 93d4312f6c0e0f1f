package app

import (
	"path/filepath"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
)

// disks measures what is free where we write, whenever metrics are asked for. What cannot be looked at is left out.
type disks struct {
	free, size *prometheus.Desc
	folders    map[string]string // by what they are for
}

// newDisks knows the folders of a configuration. A database of PostgreSQL's is on a disk of its own, of which it says nothing.
func newDisks(c Config) disks {
	d := disks{folders: map[string]string{"recordings": c.RecordingsDir},
		free: prometheus.NewDesc("callgate_disk_free_bytes", "What is free for us on the disk, by what we keep there.", []string{"what"}, nil),
		size: prometheus.NewDesc("callgate_disk_size_bytes", "How large the disk is.", []string{"what"}, nil)}
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); ok {
		d.folders["database"] = filepath.Dir(path)
	}
	if c.CDRSpoolDir != "" {
		d.folders["spool"] = c.CDRSpoolDir
	}
	return d
}

// Describe implements prometheus.Collector.
func (d disks) Describe(to chan<- *prometheus.Desc) { to <- d.free; to <- d.size }

// Collect implements prometheus.Collector.
func (d disks) Collect(to chan<- prometheus.Metric) {
	for what, folder := range d.folders {
		var s syscall.Statfs_t
		if syscall.Statfs(folder, &s) != nil {
			continue
		}
		to <- prometheus.MustNewConstMetric(d.free, prometheus.GaugeValue, float64(s.Bavail)*float64(s.Bsize), what)
		to <- prometheus.MustNewConstMetric(d.size, prometheus.GaugeValue, float64(s.Blocks)*float64(s.Bsize), what)
	}
}
