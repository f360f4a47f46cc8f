package homeassistant

import "strings"

// words are the entities' names, in the languages' order. % is a label's name.
var (
	languages = []string{"en", "de", "fr", "es", "zh"}
	words     = map[string][]string{
		"latency":         {"Latency", "Latenz", "Latence", "Latencia", "延迟"},
		"dropped_windows": {"Dropped windows", "Verworfene Fenster", "Fenêtres perdues", "Ventanas descartadas", "丢弃的窗口"},
		"source_faults":   {"Source faults", "Ausfälle der Quellen", "Pannes des sources", "Fallos de las fuentes", "音源故障"},
		"queued_events":   {"Events waiting", "Wartende Ereignisse", "Événements en attente", "Eventos en espera", "待发事件"},
		"dropped_events":  {"Events dropped", "Verworfene Ereignisse", "Événements perdus", "Eventos descartados", "丢弃的事件"},
		"provider":        {"Provider", "Rechenwerk", "Moteur de calcul", "Motor de cálculo", "计算后端"},
		"last":            {"Last sound", "Letztes Geräusch", "Dernier son", "Último sonido", "最近的声音"},
		"event":           {"Sound event", "Geräuschereignis", "Événement sonore", "Evento sonoro", "声音事件"},
		"image":           {"Last sound: picture", "Letztes Geräusch: Bild", "Dernier son : image", "Último sonido: imagen", "最近的声音：图像"},
		"reset":           {"Reset thresholds", "Schwellen zurücksetzen", "Réinitialiser les seuils", "Restablecer los umbrales", "重置阈值"},
		"mute":            {"Mute", "Stumm", "Muet", "Silenciar", "静音"},
		"mute_label":      {"Mute: %", "Stumm: %", "Muet : %", "Silenciar: %", "静音：%"},
		"threshold":       {"Threshold: %", "Schwelle: %", "Seuil : %", "Umbral: %", "阈值：%"},
		"hold":            {"Hold: %", "Nachlauf: %", "Maintien : %", "Permanencia: %", "保持：%"},
		"count":           {"%: count", "%: Anzahl", "% : nombre", "%: recuento", "%：次数"},
		"pause":           {"Pause for", "Pause für", "Pause de", "Pausa de", "暂停时长"},
		"problem":         {"Audio input", "Audioeingang", "Entrée audio", "Entrada de audio", "音频输入"},
		"laeq":            {"Sound level", "Schallpegel", "Niveau sonore", "Nivel sonoro", "声级"},
		"alarm":           {"Alarm", "Alarm", "Alarme", "Alarma", "警报"},
		"acknowledge":     {"Acknowledge alarm", "Alarm bestätigen", "Acquitter l'alarme", "Confirmar la alarma", "确认警报"},
		"tamper":          {"Tampering", "Sabotage", "Sabotage", "Sabotaje", "防拆"},
		"level":           {"Level", "Pegel", "Niveau", "Nivel", "电平"},
	}
)

// word is an entity's name in the language of the house; one that is not known is English.
func (c *Settings) word(key string, label ...string) string {
	in := 0
	for i, l := range languages {
		if l == c.Language {
			in = i
		}
	}
	return strings.ReplaceAll(words[key][in], "%", strings.Join(label, ""))
}
