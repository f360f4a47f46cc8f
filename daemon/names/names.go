// Package names has what people call the fifty sounds of ESC-50, and usual groups of them, in some languages.
package names

import "slices"

// Languages are those that a house may speak.
var Languages = []string{"en", "de", "fr", "es", "zh"}

// Of is a label's or group's name in a language; "" for one that is not known there.
func Of(language, id string) string {
	if i := slices.Index(Languages, language); i >= 0 && table[id] != nil {
		return table[id][i]
	}
	return ""
}

// table is by label, then in the order of Languages. No two names of a language are the same.
var table = map[string][]string{
	"dog":              {"Dog", "Hund", "Chien", "Perro", "狗叫"},
	"rooster":          {"Rooster", "Hahn", "Coq", "Gallo", "公鸡"},
	"pig":              {"Pig", "Schwein", "Cochon", "Cerdo", "猪"},
	"cow":              {"Cow", "Kuh", "Vache", "Vaca", "牛"},
	"frog":             {"Frog", "Frosch", "Grenouille", "Rana", "青蛙"},
	"cat":              {"Cat", "Katze", "Chat", "Gato", "猫叫"},
	"hen":              {"Hen", "Henne", "Poule", "Gallina", "母鸡"},
	"insects":          {"Insects", "Insekten", "Insectes", "Insectos", "昆虫"},
	"sheep":            {"Sheep", "Schaf", "Mouton", "Oveja", "羊"},
	"crow":             {"Crow", "Krähe", "Corbeau", "Cuervo", "乌鸦"},
	"rain":             {"Rain", "Regen", "Pluie", "Lluvia", "雨声"},
	"sea_waves":        {"Sea waves", "Meereswellen", "Vagues", "Olas", "海浪"},
	"crackling_fire":   {"Crackling fire", "Knisterndes Feuer", "Feu qui crépite", "Fuego crepitante", "火焰噼啪声"},
	"crickets":         {"Crickets", "Grillen", "Grillons", "Grillos", "蟋蟀"},
	"chirping_birds":   {"Birdsong", "Vogelgezwitscher", "Chant d'oiseaux", "Canto de pájaros", "鸟鸣"},
	"water_drops":      {"Dripping water", "Tropfendes Wasser", "Eau qui goutte", "Goteo de agua", "滴水声"},
	"wind":             {"Wind", "Wind", "Vent", "Viento", "风声"},
	"pouring_water":    {"Pouring water", "Gießendes Wasser", "Eau versée", "Agua vertida", "倒水声"},
	"toilet_flush":     {"Toilet flush", "Toilettenspülung", "Chasse d'eau", "Cisterna del inodoro", "冲马桶"},
	"thunderstorm":     {"Thunderstorm", "Gewitter", "Orage", "Tormenta", "雷雨"},
	"crying_baby":      {"Crying baby", "Weinendes Baby", "Bébé qui pleure", "Llanto de bebé", "婴儿哭声"},
	"sneezing":         {"Sneezing", "Niesen", "Éternuement", "Estornudo", "打喷嚏"},
	"clapping":         {"Clapping", "Klatschen", "Applaudissements", "Aplausos", "鼓掌"},
	"breathing":        {"Breathing", "Atmen", "Respiration", "Respiración", "呼吸声"},
	"coughing":         {"Coughing", "Husten", "Toux", "Tos", "咳嗽"},
	"footsteps":        {"Footsteps", "Schritte", "Pas", "Pasos", "脚步声"},
	"laughing":         {"Laughter", "Lachen", "Rires", "Risas", "笑声"},
	"brushing_teeth":   {"Brushing teeth", "Zähneputzen", "Brossage de dents", "Cepillado de dientes", "刷牙"},
	"snoring":          {"Snoring", "Schnarchen", "Ronflement", "Ronquidos", "打鼾"},
	"drinking_sipping": {"Drinking", "Trinken", "Boire", "Beber", "喝水"},
	"door_wood_knock":  {"Door knock", "Klopfen an der Tür", "Coups à la porte", "Golpes en la puerta", "敲门声"},
	"mouse_click":      {"Mouse click", "Mausklick", "Clic de souris", "Clic de ratón", "鼠标点击"},
	"keyboard_typing":  {"Typing", "Tippen", "Frappe au clavier", "Tecleo", "打字声"},
	"door_wood_creaks": {"Creaking door", "Knarrende Tür", "Porte qui grince", "Puerta que chirría", "门吱呀声"},
	"can_opening":      {"Can opening", "Dosenöffnen", "Ouverture de canette", "Apertura de lata", "开罐声"},
	"washing_machine":  {"Washing machine", "Waschmaschine", "Lave-linge", "Lavadora", "洗衣机"},
	"vacuum_cleaner":   {"Vacuum cleaner", "Staubsauger", "Aspirateur", "Aspiradora", "吸尘器"},
	"clock_alarm":      {"Alarm clock", "Wecker", "Réveil", "Despertador", "闹钟"},
	"smoke_alarm":      {"Smoke alarm", "Rauchmelder", "Détecteur de fumée", "Detector de humo", "烟雾报警器"},
	"co_alarm":         {"Carbon monoxide alarm", "Kohlenmonoxidmelder", "Détecteur de monoxyde de carbone", "Detector de monóxido de carbono", "一氧化碳报警器"},
	"loud":             {"Loud sound", "Lautes Geräusch", "Bruit fort", "Sonido fuerte", "巨响"},
	"clock_tick":       {"Ticking clock", "Tickende Uhr", "Tic-tac d'horloge", "Tictac de reloj", "钟表滴答声"},
	"glass_breaking":   {"Glass breaking", "Glasbruch", "Bris de verre", "Rotura de cristal", "玻璃破碎"},
	"helicopter":       {"Helicopter", "Hubschrauber", "Hélicoptère", "Helicóptero", "直升机"},
	"chainsaw":         {"Chainsaw", "Kettensäge", "Tronçonneuse", "Motosierra", "链锯"},
	"siren":            {"Siren", "Sirene", "Sirène", "Sirena", "警笛"},
	"car_horn":         {"Car horn", "Autohupe", "Klaxon", "Bocina de coche", "汽车喇叭"},
	"engine":           {"Engine", "Motor", "Moteur", "Motor", "发动机"},
	"train":            {"Train", "Zug", "Train", "Tren", "火车"},
	"church_bells":     {"Church bells", "Kirchenglocken", "Cloches d'église", "Campanas de iglesia", "教堂钟声"},
	"airplane":         {"Aeroplane", "Flugzeug", "Avion", "Avión", "飞机"},
	"fireworks":        {"Fireworks", "Feuerwerk", "Feux d'artifice", "Fuegos artificiales", "烟花"},
	"hand_saw":         {"Hand saw", "Handsäge", "Scie à main", "Sierra de mano", "手锯"},

	// Groups.
	"alarm":   {"Any alarm", "Alarm jeder Art", "Toute alarme", "Cualquier alarma", "任何警报"},
	"animal":  {"Animal", "Tier", "Animal", "Animal", "动物"},
	"animals": {"Animals", "Tiere", "Animaux", "Animales", "各种动物"},
	"baby":    {"Baby", "Baby", "Bébé", "Bebé", "婴儿"},
	"door":    {"Door", "Tür", "Porte", "Puerta", "门"},
	"people":  {"People", "Menschen", "Personnes", "Personas", "人声"},
	"traffic": {"Traffic", "Verkehr", "Circulation", "Tráfico", "交通"},
	"water":   {"Water", "Wasser", "Eau", "Agua", "水声"},
	"weather": {"Weather", "Wetter", "Météo", "El tiempo", "天气"},
}
