package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// language is a voice of espeak-ng and something to say in it; without a text, numbers are said.
type language struct{ voice, text string }

// The texts are the first article of the Universal Declaration of Human Rights, which belongs to everybody.
var languages = []language{
	{"en-gb", english}, {"en-us", english}, {"en-gb-scotland", english}, {"en-029", english}, {"en-gb-x-rp", english},
	{"de", "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen."},
	{"fr-fr", french}, {"fr-be", french},
	{"es", spanish}, {"es-419", spanish},
	{"it", "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza e devono agire gli uni verso gli altri in spirito di fratellanza."},
	{"pt", portuguese}, {"pt-br", portuguese},
	{"nl", "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten, en behoren zich jegens elkander in een geest van broederschap te gedragen."},
	{"sv", "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete och bör handla gentemot varandra i en anda av broderskap."},
	{"da", "Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med fornuft og samvittighed, og de bør handle mod hverandre i en broderskabets ånd."},
	{"nb", "Alle mennesker er født frie og med samme menneskeverd og menneskerettigheter. De er utstyrt med fornuft og samvittighet og bør handle mot hverandre i brorskapets ånd."},
	{"fi", "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä."},
	{"pl", "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa."},
	{"cs", "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím a mají spolu jednat v duchu bratrství."},
	{"hu", "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek, ésszel és lelkiismerettel bírván, egymással szemben testvéri szellemben kell hogy viseltessenek."},
	{"ro", "Toate ființele umane se nasc libere și egale în demnitate și în drepturi. Ele sunt înzestrate cu rațiune și conștiință și trebuie să se comporte unele față de altele în spiritul fraternității."},
	{"tr", "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler."},
	{"ru", "Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства."},
	{"uk", "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства."},
	{"el", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης."},
	{"id", "Semua orang dilahirkan merdeka dan mempunyai martabat dan hak yang sama. Mereka dikaruniai akal dan hati nurani dan hendaknya bergaul satu sama lain dalam semangat persaudaraan."},
	{"sw", "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri, hivyo yapasa watendeane kindugu."},
	{"vi", "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền. Mọi con người đều được tạo hóa ban cho lý trí và lương tâm và cần phải đối xử với nhau trong tình bằng hữu."},
	{"cmn", "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。"},
	{"ja", "すべての にんげんは うまれながらにして じゆうであり、かつ、そんげんと けんりとに ついて びょうどうである。"},
	{"ko", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."},
	{"hi", "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।"},
	{"ar", "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق."}, {"fa", "تمام افراد بشر آزاد به دنیا می آیند و از لحاظ حیثیت و حقوق با هم برابرند."},
	{"af", ""}, {"bg", ""}, {"bn", ""}, {"ca", ""}, {"cy", ""}, {"et", ""}, {"eu", ""}, {"ga", ""}, {"hr", ""}, {"is", ""}, {"ka", ""},
	{"lt", ""}, {"lv", ""}, {"ms", ""}, {"sk", ""}, {"sl", ""}, {"sr", ""}, {"ta", ""}, {"te", ""}, {"ur", ""},
}

const (
	english    = "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood."
	french     = "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité."
	spanish    = "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros."
	portuguese = "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir uns para com os outros em espírito de fraternidade."
)

var variants = []string{"", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "croak", "whisper", "whisperf"}

// speak has a dozen things said: whole sentences, single words, numbers; slow and fast, high and low, shouted (loud, high and
// clipped) now and then, with pauses, each by another voice.
func speak(ctx context.Context, l language, rng *rand.Rand, out string) error {
	dir, err := os.MkdirTemp("", "ownsound")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var said []string
	for i := range 12 {
		wav := filepath.Join(dir, fmt.Sprintf("%02d.wav", i))
		voice, pitch, speed, loud := l.voice, 10+rng.IntN(80), 110+rng.IntN(170), 60+rng.IntN(60)
		if v := variants[rng.IntN(len(variants))]; v != "" {
			voice += "+" + v
		}
		if shouted := rng.Float64() < 0.25; shouted {
			pitch, loud = 80+rng.IntN(20), 200
		}
		if err := command(ctx, "espeak-ng", "-v", voice, "-p", strconv.Itoa(pitch), "-s", strconv.Itoa(speed), "-a", strconv.Itoa(loud), "-w", wav, words(l.text, rng)); err != nil {
			return err
		}
		padded := filepath.Join(dir, fmt.Sprintf("%02d-padded.wav", i))
		if err := command(ctx, "sox", wav, "-r", "44100", padded, "pad", "0", fmt.Sprintf("%.2f", 0.1+0.5*rng.Float64())); err != nil {
			return err
		}
		said = append(said, padded)
	}
	return command(ctx, "sox", append(said, "-b", "16", out)...)
}

// words are a whole text, a few words out of it, or numbers.
func words(text string, rng *rand.Rand) string {
	all := strings.Fields(text)
	if len(all) < 4 || rng.Float64() < 0.2 {
		var numbers []string
		for range 1 + rng.IntN(4) {
			numbers = append(numbers, strconv.Itoa(rng.IntN(int(1)<<(3+rng.IntN(20)))))
		}
		return strings.Join(numbers, ", ")
	}
	if rng.Float64() < 0.5 {
		return text
	}
	from := rng.IntN(len(all) - 2)
	return strings.Join(all[from:from+1+rng.IntN(len(all)-from)], " ")
}
