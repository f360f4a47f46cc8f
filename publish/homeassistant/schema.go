package homeassistant

// Home Assistant's device discovery, in its short keys. Field order is the
// order of the example in docs/mqtt.md. The package comment tells the rules that these shapes keep.

type deviceInfo struct {
	IDs   []string `json:"ids"`
	Name  string   `json:"name"`
	Maker string   `json:"mf,omitempty"`
	Model string   `json:"mdl,omitempty"`
	SW    string   `json:"sw,omitempty"`
	Area  string   `json:"sa,omitempty"`
	URL   string   `json:"cu,omitempty"`
	Via   string   `json:"via_device,omitempty"` // the id of the device that it hangs on
}

type originInfo struct {
	Name string `json:"name"`
	SW   string `json:"sw,omitempty"`
	URL  string `json:"url,omitempty"`
}

type availabilityTopic struct {
	Topic string `json:"t"`
}

// component is one entity. A removed one has a platform and nothing else.
type component struct {
	Platform           string              `json:"p,omitempty"`
	Name               string              `json:"name,omitempty"`
	UniqueID           string              `json:"uniq_id,omitempty"`
	EntityID           string              `json:"def_ent_id,omitempty"` // Home Assistant before 2025.10 drops it
	DeviceClass        string              `json:"dev_cla,omitempty"`
	Icon               string              `json:"ic,omitempty"`
	EntityCategory     string              `json:"ent_cat,omitempty"`
	Options            []string            `json:"ops,omitempty"`
	EventTypes         []string            `json:"evt_typ,omitempty"`
	Unit               string              `json:"unit_of_meas,omitempty"`
	StateClass         string              `json:"stat_cla,omitempty"`
	Precision          *int                `json:"sug_dsp_prc,omitempty"`
	StateTopic         string              `json:"stat_t,omitempty"`
	ValueTemplate      string              `json:"val_tpl,omitempty"`
	CommandTopic       string              `json:"cmd_t,omitempty"`
	CommandTemplate    string              `json:"cmd_tpl,omitempty"`
	Press              string              `json:"pl_prs,omitempty"`   // of a button
	Features           []string            `json:"sup_feat,omitempty"` // of an alarm panel, as the next two
	ArmCode            *bool               `json:"cod_arm_req,omitempty"`
	DisarmCode         *bool               `json:"cod_dis_req,omitempty"`
	ImageTopic         string              `json:"img_t,omitempty"`
	ContentType        string              `json:"cont_type,omitempty"`
	Max                float64             `json:"max,omitempty"` // of a number; its least is 0 where Min is not given
	Min                float64             `json:"min,omitempty"`
	Step               float64             `json:"step,omitempty"`
	Mode               string              `json:"mode,omitempty"` // "box"
	AttributesTopic    string              `json:"json_attr_t,omitempty"`
	AttributesTemplate string              `json:"json_attr_tpl,omitempty"`
	ExpireAfter        int                 `json:"exp_aft,omitempty"` // s; never on a retained topic
	QoS                int                 `json:"qos,omitempty"`
	Availability       []availabilityTopic `json:"avty,omitempty"`
	AvailabilityMode   string              `json:"avty_mode,omitempty"`
}

type deviceConfig struct {
	Device       deviceInfo           `json:"dev"`
	Origin       originInfo           `json:"o"`
	Availability []availabilityTopic  `json:"avty"`
	Mode         string               `json:"avty_mode"`
	Components   map[string]component `json:"cmps"`
}

// entityConfig is the older form: one entity, its own topic.
type entityConfig struct {
	component
	Device deviceInfo `json:"dev"`
	Origin originInfo `json:"o"`
}
