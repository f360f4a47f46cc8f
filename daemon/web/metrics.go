package web

import (
	"bytes"
	"maps"
	"math"
	"net/http"
	"sync"

	"earshot/daemon/status"
	"earshot/internal/latest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is /metrics: the status as Prometheus reads it, and the process's own figures.
func metrics(now func() status.Status) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&collector{now: now},
	)
	answer := promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true})
	var one sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Written to memory first: whoever does not read the answer keeps nobody else from making one.
		page := &memory{header: http.Header{}, code: http.StatusOK}
		one.Lock()
		answer.ServeHTTP(page, r)
		one.Unlock()
		maps.Copy(w.Header(), page.header)
		w.WriteHeader(page.code)
		_, _ = w.Write(page.Bytes())
	})
}

// memory is an answer that is not sent yet.
type memory struct {
	bytes.Buffer
	header http.Header
	code   int
}

func (m *memory) Header() http.Header  { return m.header }
func (m *memory) WriteHeader(code int) { m.code = code }

// collector turns one status.Status into samples at the time of the scrape, so that no counter is kept twice.
type collector struct{ now func() status.Status }

// metric describes one figure; get reads it, once per source where ofSource.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	get  func(*status.Status, *status.Source) float64
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("earshot_"+name, help, labels, nil)
}

var ofDaemon = []metric{
	{describe("mqtt_connected", "1 while the broker is connected."), prometheus.GaugeValue,
		func(s *status.Status, _ *status.Source) float64 { return truth(s.Broker.Connected) }},
	{describe("mqtt_queued_events", "Events that wait for the broker."), prometheus.GaugeValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Broker.Queued) }},
	{describe("mqtt_dropped_events_total", "Events dropped because the queue was full."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Broker.Dropped) }},
	{describe("mqtt_events_total", "Events that the broker acknowledged."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Broker.Events) }},
	{describe("mqtt_connects_total", "Connections made."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Broker.Connects) }},
	{describe("mqtt_connections_lost_total", "Connections lost."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Broker.Lost) }},
	{describe("inference_windows_total", "Windows scored."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Inference.Windows) }},
	{describe("inference_batches_total", "Runs of the network."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Inference.Batches) }},
	{describe("inference_busy_seconds_total", "Time spent in the network."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return s.Inference.BusySeconds }},
	{describe("inference_remote_active", "1 while the inference server scores; 0 where there is none."), prometheus.GaugeValue,
		ofRemote(func(r *status.Remote) float64 { return truth(r.Active) })},
	{describe("inference_remote_windows_total", "Windows scored on the inference server."), prometheus.CounterValue,
		ofRemote(func(r *status.Remote) float64 { return float64(r.Windows) })},
	{describe("inference_remote_left_total", "Times that the inference server was given up."), prometheus.CounterValue,
		ofRemote(func(r *status.Remote) float64 { return float64(r.Left) })},
	{describe("clips_total", "Clips written."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Clips.Written) }},
	{describe("clips_lost_total", "Clips lost: queue full, disk full, not writable."), prometheus.CounterValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Clips.Lost) }},
	{describe("clips_kept_bytes", "Size of the clips in the folder."), prometheus.GaugeValue,
		func(s *status.Status, _ *status.Source) float64 { return float64(s.Clips.Bytes) }},
	{describe("notifications_total", "Notifications that were taken."), prometheus.CounterValue, ofNotify(func(n *status.Notify) int64 { return n.Sent })},
	{describe("notifications_lost_total", "Notifications lost: refused, too old, too many."), prometheus.CounterValue, ofNotify(func(n *status.Notify) int64 { return n.Lost })},
	{describe("notifications_waiting", "Notifications that wait for their receiver."), prometheus.GaugeValue, ofNotify(func(n *status.Notify) int64 { return int64(n.Waiting) })},
	{describe("healthy", "1 while nothing is wrong; /healthz says what is."), prometheus.GaugeValue,
		func(s *status.Status, _ *status.Source) float64 { return truth(len(s.Problems) == 0) }},
}

var ofSource = []metric{
	perSource("source_online", "1 while the source gives sound.", prometheus.GaugeValue, func(s *status.Source) float64 { return truth(s.Phase == status.Online) }),
	perSource("source_problem", "1 while something is wrong with the sound (dead, clipped, …).", prometheus.GaugeValue, func(s *status.Source) float64 { return truth(s.Problem != "") }),
	perSource("source_level_dbfs", "Loudness of the last seconds.", prometheus.GaugeValue, func(s *status.Source) float64 { return s.LevelDBFS }),
	perSource("source_laeq_db", "A-weighted equivalent level of the last minute: dB(A) where the source is calibrated, else dBFS(A).", prometheus.GaugeValue, ofMinute(func(m *status.Minute) float64 { return m.LAeq })),
	perSource("source_lamax_db", "Greatest A-weighted fast level of the last minute, likewise.", prometheus.GaugeValue, ofMinute(func(m *status.Minute) float64 { return m.LAmax })),
	perSource("source_samples_total", "Samples through the front end.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Samples) }),
	perSource("source_lost_samples_total", "Samples lost before it.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Lost) }),
	perSource("source_gaps_total", "Holes in the sound.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Gaps) }),
	perSource("source_faults_total", "Times the source was lost.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Faults) }),
	perSource("windows_total", "Windows scored and reported.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Windows) }),
	perSource("windows_gated_total", "Windows not computed, since nothing was new in them.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Gated) }),
	perSource("windows_dropped_total", "Windows dropped under overload.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Dropped) }),
	perSource("windows_failed_total", "Windows without usable scores.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Failed) }),
	perSource("events_total", "Labels switched on.", prometheus.CounterValue, func(s *status.Source) float64 { return float64(s.Events) }),
	perSource("verify_asked_total", "Windows about which the second network was asked.", prometheus.CounterValue, ofVerify(func(v *status.Verify) float64 { return float64(v.Asked) })),
	perSource("verify_patches_total", "Patches of sound that the second network looked at.", prometheus.CounterValue, ofVerify(func(v *status.Verify) float64 { return float64(v.Patches) })),
	perSource("verify_missing_total", "Patches that it could not look at: their sound was gone.", prometheus.CounterValue, ofVerify(func(v *status.Verify) float64 { return float64(v.Missing) })),
	perSource("verify_failed_total", "Questions to the second network without an answer.", prometheus.CounterValue, ofVerify(func(v *status.Verify) float64 { return float64(v.Failed) })),
	perSource("verify_p50_seconds", "A question to the second network, median.", prometheus.GaugeValue, ofVerify(func(v *status.Verify) float64 { return v.P50 / 1000 })),
	perSource("verify_p99_seconds", "A question to the second network, 99th percentile.", prometheus.GaugeValue, ofVerify(func(v *status.Verify) float64 { return v.P99 / 1000 })),
	perSource("front_end_seconds_total", "Time spent in the front end.", prometheus.CounterValue, func(s *status.Source) float64 { return s.FrontEnd }),
	perSource("latency_p50_seconds", "Last sample of a window to its events, median.", prometheus.GaugeValue, func(s *status.Source) float64 { return s.LatencyP50 / 1000 }),
	perSource("latency_p99_seconds", "Last sample of a window to its events, 99th percentile.", prometheus.GaugeValue, func(s *status.Source) float64 { return s.LatencyP99 / 1000 }),
}

var (
	infoDesc        = describe("info", "What is running.", "version", "model", "provider", "onnxruntime")
	labelDesc       = describe("label_on", "1 while the label is on.", "source", "label")
	labelEventsDesc = describe("label_events_total", "Times that the label went on.", "source", "label")
	latencyDesc     = describe("latency_seconds", "From the last sample of a window in the ring to its events handed out.", "source")
)

func perSource(name, help string, kind prometheus.ValueType, get func(*status.Source) float64) metric {
	return metric{describe(name, help, "source"), kind, func(_ *status.Status, s *status.Source) float64 { return get(s) }}
}

// ofRemote is 0 without an inference server.
func ofRemote(get func(*status.Remote) float64) func(*status.Status, *status.Source) float64 {
	return func(s *status.Status, _ *status.Source) float64 {
		if s.Inference.Remote == nil {
			return 0
		}
		return get(s.Inference.Remote)
	}
}

// ofNotify sums over all who are told.
func ofNotify(get func(*status.Notify) int64) func(*status.Status, *status.Source) float64 {
	return func(s *status.Status, _ *status.Source) float64 {
		var sum int64
		for i := range s.Notify {
			sum += get(&s.Notify[i])
		}
		return float64(sum)
	}
}

// ofMinute is no number before the first minute is over.
func ofMinute(get func(*status.Minute) float64) func(*status.Source) float64 {
	return func(s *status.Source) float64 {
		if s.Minute == nil {
			return math.NaN()
		}
		return get(s.Minute)
	}
}

// ofVerify is 0 without a second opinion.
func ofVerify(get func(*status.Verify) float64) func(*status.Source) float64 {
	return func(s *status.Source) float64 {
		if s.Verify == nil {
			return 0
		}
		return get(s.Verify)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range append(append([]metric{}, ofDaemon...), ofSource...) {
		out <- m.desc
	}
	for _, d := range []*prometheus.Desc{infoDesc, labelDesc, labelEventsDesc, latencyDesc} {
		out <- d
	}
}

// latency is the histogram of a source's latencies, in seconds.
func latency(s *status.Source) prometheus.Metric {
	buckets := map[float64]uint64{}
	for i, bound := range latest.Bounds {
		buckets[bound.Seconds()] = s.Latency.Counts[i]
	}
	return prometheus.MustNewConstHistogram(latencyDesc, s.Latency.Count, s.Latency.Sum.Seconds(), buckets, s.Name)
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := c.now()
	out <- prometheus.MustNewConstMetric(infoDesc, prometheus.GaugeValue, 1, s.Version, s.Model, s.Provider, s.Runtime)
	for _, m := range ofDaemon {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.get(&s, nil))
	}
	for i := range s.Sources {
		source := &s.Sources[i]
		for _, m := range ofSource {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.get(&s, source), source.Name)
		}
		out <- latency(source)
		for _, l := range source.Labels {
			out <- prometheus.MustNewConstMetric(labelDesc, prometheus.GaugeValue, truth(l.On), source.Name, l.ID)
			out <- prometheus.MustNewConstMetric(labelEventsDesc, prometheus.CounterValue, float64(l.Events), source.Name, l.ID)
		}
	}
}
