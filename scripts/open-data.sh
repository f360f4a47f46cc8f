#!/bin/sh
# open-data.sh: fetches the freely licensed recordings that docs/data.md lists and decodes them to
# 16-bit mono FLAC at 44.1 kHz. It can be stopped and started again: what is done stays, and is skipped.
#
#   scripts/open-data.sh FOLDER [GROUP...]      all groups, or those named: repositories debian-train debian-test wide house
#
# Comes out, below FOLDER:
#   train/speech, music, ambience, percussion, effects, household, places, chimes   no sound of ESC-50's labels; the licences allow a model that ships
#   positives/LABEL                                      sounds of ESC-50's labels, licensed likewise
#   tune/speech, music, ambience, household              licensed likewise; to find thresholds with, never to learn from
#   test/speech_acted, speech_prompts, speech_names, music, ambience, household, {tune,test}/kitchen   for measuring only
#   table.tsv                                            path, source, original file, licence, author, use, label
#
# What the project makes itself (speech by espeak-ng, music by fluidsynth and sox) is not fetched here.
# Needs git, ffmpeg, unzip, apt-get and dpkg-deb (Debian or one of its children), about 5 GB and an hour.
set -eu
[ $# -ge 1 ] || { sed -n '2,16s/^# \{0,1\}//p' "$0" >&2; exit 2; }
LISTS=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
DATA=$(cd "$1" && pwd)
shift
GROUPS_WISHED=${*:-repositories debian-train debian-test wide house}
RAW=$DATA/raw
mkdir -p "$RAW/git" "$RAW/deb" "$DATA/table.d" "$DATA/.done"
for tool in git ffmpeg; do
	command -v "$tool" >/dev/null || { echo "open-data: needs $tool" >&2; exit 2; }
done
TAB=$(printf '\t')

say() { echo "open-data: $*" >&2; }

# repository OWNER/NAME COMMIT FOLDER...: those folders (and the files at the root) of one commit, or with "." all of it, into $RAW/git/OWNER/NAME; the folder is put into DIR.
repository() {
	DIR=$RAW/git/$1 name=$1 commit=$2
	shift 2
	[ ! -e "$DIR/.complete" ] || return 0
	say "fetching $name"
	mkdir -p "$DIR"
	git -C "$DIR" init -q
	git -C "$DIR" config remote.origin.url "https://github.com/$name"
	git -C "$DIR" config remote.origin.promisor true
	git -C "$DIR" config remote.origin.partialclonefilter blob:none
	git -C "$DIR" config gc.auto 0
	[ "$1" = . ] || git -C "$DIR" sparse-checkout set --cone "$@"
	git -C "$DIR" fetch -q --depth 1 --filter=blob:none origin "$commit"
	git -C "$DIR" checkout -q "$commit"
	: >"$DIR/.complete"
}

# package NAME: a Debian package unpacked into $RAW/deb/NAME, without installing it; the folder is put into DIR.
package() {
	DIR=$RAW/deb/$1
	[ ! -e "$DIR/.complete" ] || return 0
	say "fetching $1"
	(cd "$RAW/deb" && apt-get -qq download "$1" && dpkg-deb -x "$1"_*.deb "$1" && rm -f "$1"_*.deb)
	find "$DIR" -name '*.pk3' -execdir unzip -qn {} \;
	: >"$DIR/.complete"
}

# The properties of what is decoded next, for table.tsv.
SOURCE='' LICENCE='' AUTHOR='' USE='' LABEL=''

row() { # row OUT ORIGINAL
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "${1#"$DATA"/}" "$SOURCE" "$2" "$LICENCE" "$AUTHOR" "$USE" "$LABEL" >>"$TABLE"
}

# table NAME: rows go to this part of the table from now on; it is begun anew.
table() {
	TABLE=$DATA/table.d/$1.tsv
	: >"$TABLE"
}

# whole FILE OUT ORIGINAL [SECONDS]: one recording, or its beginning, unchanged but for rate and channels.
whole() {
	if [ ! -s "$2" ]; then
		mkdir -p "${2%/*}"
		ffmpeg -v error -nostdin -y -i "$1" -map 0:a:0 -ac 1 -ar 44100 -sample_fmt s16 ${4:+-t "$4"} -f flac "$2.part" || {
			say "left out $1"
			return 0
		}
		mv "$2.part" "$2"
	fi
	row "$2" "$3"
}

# credited: the file at hand as a line for join, with its own source, licence and author.
credited() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$file" "$original" "$SOURCE" "$LICENCE" "$AUTHOR"
}

# Silence at both ends is cut, pauses inside are cut to half a second.
TRIM='silenceremove=start_periods=1:start_threshold=-48dB:start_silence=0.05:stop_periods=-1:stop_duration=0.5:stop_threshold=-48dB:stop_silence=0.4'

# join PREFIX SECONDS FILTER: the files on standard input (path, original name and, where they differ from file to file, source,
# licence and author, with tabs between), joined into PREFIX-000.flac, PREFIX-001.flac ... of about that many seconds.
join() {
	if [ -e "$DATA/.done/$(echo "${1#"$DATA"/}" | tr / -)" ]; then
		cat >/dev/null
		cat "$DATA/.done/$(echo "${1#"$DATA"/}" | tr / -)" >>"$TABLE"
		return 0
	fi
	mkdir -p "${1%/*}"
	part=0 bytes=$(($2 * 88200)) kept=$TABLE TABLE=$RAW/rows.tsv
	: >"$RAW/join.s16"
	: >"$TABLE"
	while IFS=$TAB read -r file original source licence author; do
		[ -z "$source" ] || SOURCE=$source LICENCE=$licence AUTHOR=$author
		out=$1-$(printf '%03d' "$part").flac
		ffmpeg -v error -nostdin -i "$file" -map 0:a:0 -ac 1 -ar 44100 -af "$3" -f s16le - >>"$RAW/join.s16" || {
			say "left out $file"
			continue
		}
		row "$out" "$original"
		if [ "$(wc -c <"$RAW/join.s16")" -ge "$bytes" ]; then
			flush "$out"
			part=$((part + 1))
		fi
	done
	[ ! -s "$RAW/join.s16" ] || flush "$out"
	TABLE=$kept
	cat "$RAW/rows.tsv" >>"$TABLE"
	mv "$RAW/rows.tsv" "$DATA/.done/$(echo "${1#"$DATA"/}" | tr / -)"
}

flush() { # flush OUT: what has been gathered becomes one file
	ffmpeg -v error -nostdin -y -f s16le -ar 44100 -ac 1 -i "$RAW/join.s16" -f flac "$1.part"
	mv "$1.part" "$1"
	: >"$RAW/join.s16"
}

# listed FOLDER FIND-ARGUMENTS...: "path, tab, path below FOLDER", in the order of the file names.
listed() {
	below=$1
	shift
	find "$below" -type f "$@" | awk -F/ -v n=$((${#below} + 2)) '{ print $NF "\t" $0 "\t" substr($0, n) }' | LC_ALL=C sort | cut -f2-
}

SPOKEN=$TRIM,apad=pad_dur=0.15

# --- Repositories: speech ---------------------------------------------------------------------

spoken() {
	table spoken
	USE=train LABEL=speech LICENCE=Apache-2.0 AUTHOR='Picovoice, crowd-sourced speakers'
	SOURCE=Picovoice/speech-to-intent-benchmark
	repository $SOURCE 47b1ca63afe4f08cb83e1f70fec16764879bd130 data/speech
	listed "$DIR" -path '*/clean/*.wav' | join "$DATA/train/speech/picovoice-intent" 90 "$SPOKEN"
	# The benchmarks do not name the speakers. "alexa" comes from a campaign of its own (numbered files, another
	# format), so it is what is kept for tests; the five other words may share speakers, and all train.
	SOURCE=Picovoice/wake-word-benchmark
	repository $SOURCE 84919190fb1891bf0936dcb577d9268e467f876f audio
	listed "$DIR" -path '*/audio/*/*.wav' | join "$DATA/train/speech/picovoice-wake" 90 "$SPOKEN"
	USE='test'
	listed "$DIR" -path '*/alexa/*.flac' | join "$DATA/test/speech_prompts/picovoice-alexa" 90 "$SPOKEN"
	SOURCE=Jakobovski/free-spoken-digit-dataset LICENCE=CC-BY-SA-4.0
	repository $SOURCE 26eb9aaf76e81b692f806f9140c2d2777410d7a1 recordings
	for AUTHOR in $(find "$DIR/recordings" -name '*.wav' | sed 's/.*_\(.*\)_.*/\1/' | sort -u); do
		listed "$DIR" -name "*_${AUTHOR}_*.wav" | join "$DATA/test/speech_names/fsdd-$AUTHOR" 90 "$SPOKEN"
	done
}

# --- Repositories: whole recordings -----------------------------------------------------------

recorded() {
	table recorded
	SOURCE=gveres/donateacry-corpus LICENCE='ODbL-1.0, contents DbCL-1.0' AUTHOR='Donate-a-cry campaign' USE=positive LABEL=crying_baby
	corpus=donateacry_corpus_cleaned_and_updated_data
	repository $SOURCE 6baf5aca0460964ad072653585837f968a87c2af $corpus
	listed "$DIR" -path "*/$corpus/*/*.wav" >"$RAW/list"
	while IFS=$TAB read -r file original; do
		name=${file##*/}
		whole "$file" "$DATA/positives/crying_baby/donateacry-${name%.wav}.flac" "$original"
	done <"$RAW/list"
	cat >"$DATA/positives/crying_baby/NOTICE" <<-'EOF'
		Contains information from donateacry-corpus (https://github.com/gveres/donateacry-corpus), which is made available
		here under the Open Database License (ODbL) 1.0: http://opendatacommons.org/licenses/odbl/1.0/ . Any rights in
		individual contents of the database are licensed under the Database Contents License:
		http://opendatacommons.org/licenses/dbcl/1.0/ .
	EOF
	SOURCE=remvze/moodist LICENCE='Pixabay Content License or CC0, not told which' AUTHOR='' USE=test LABEL=ambience
	repository $SOURCE 983f7412e8cd054e76d156977c563da2028e4428 public/sounds
	listed "$DIR" -path '*/public/sounds/*' \( -name '*.mp3' -o -name '*.wav' \) ! -name silence.wav >"$RAW/list"
	while IFS=$TAB read -r file original; do
		name=${original#public/sounds/}
		whole "$file" "$DATA/test/ambience/moodist-$(echo "${name%.*}" | tr / -).flac" "$original"
	done <"$RAW/list"
}

# --- Repositories: effects, chosen one by one -------------------------------------------------

chosen_from() { # chosen_from OWNER/NAME: prepares reading that repository's lines of `chosen`
	SOURCE=$1
	case $1 in
	Fris0uman/*) short=cdda base=sound/CC-Sounds/ commit=88586bb600eae4b053a8928bddbd5371d0b1ecc6 ;;
	AntumMT/*) short=antum base=sounds/sounds_ commit=a002ea8e3b254081101ebe5372bdfe4e473dce48 ;;
	gheja/*) short=doggy base=src/assets/sounds/ commit=fac5bb86373a346f37b48517798c86970bf41402 ;;
	rafaelmardojai/*) short=blanket base=data/resources/sounds/ commit=8b1c27aedde1d6ad8053ce5ad351a2924bcdb766 ;;
	Wicklets/*) short=wick base=public/builtinlibrary/sounds/ commit=f34f0d9512d7165e74c1910ea1aba9173ab8dec2 ;;
	esac
	repository "$1" "$commit" "${base%/*}"
}

effects() {
	table effects
	rm -f "$RAW"/steps-*.list "$RAW"/effects-*.list
	chosen >"$RAW/chosen"
	while IFS='|' read -r LABEL LICENCE AUTHOR link patterns; do
		case $LABEL in @*)
			chosen_from "${LABEL#@}"
			continue
			;;
		esac
		AUTHOR="$AUTHOR $link"
		for pattern in $patterns; do
			for file in "$DIR/$base"$pattern; do
				original=${file#"$DIR"/}
				name=$(echo "${file#"$DIR/$base"}" | tr '/ ' '-_')
				name=$short-${name%.*}
				case $LABEL in
				effects) credited >>"$RAW/effects-$short.list" ;;
				footsteps) credited >>"$RAW/steps-$(echo "$name" | sed 's/[-_.]*[0-9]*$//').list" ;;
				ambience | music)
					USE=train
					whole "$file" "$DATA/train/$LABEL/$name.flac" "$original"
					;;
				*)
					USE=positive
					whole "$file" "$DATA/positives/$LABEL/$name.flac" "$original"
					;;
				esac
			done
		done
	done <"$RAW/chosen"
	for list in "$RAW"/effects-*.list "$RAW"/steps-*.list; do
		[ -e "$list" ] || continue
		name=${list##*/} name=${name%.list}
		case $name in
		effects-*) USE=train LABEL=effects out=$DATA/train/effects/${name#effects-} seconds=60 filter=$TRIM,apad=pad_dur=0.15 ;;
		# Single steps, one after the other at a walking pace.
		*) USE=positive LABEL=footsteps out=$DATA/positives/footsteps/${name#steps-} seconds=8 filter=silenceremove=start_periods=1:start_threshold=-48dB,apad=whole_dur=0.55,atrim=0:0.55 ;;
		esac
		join "$out" "$seconds" "$filter" <"$list"
	done
}

# --- Debian packages --------------------------------------------------------------------------

debian_train() {
	table debian-train
	SOURCE='sonic-pi-samples (Debian)' LICENCE=CC0 AUTHOR='see debian/copyright' USE=train LABEL=percussion
	package sonic-pi-samples
	# Only samples with an entry of their own in debian/copyright; not the crow, the burp, the door and the sauna.
	sed -n 's|^Files: *etc/samples/||p; s|^ *etc/samples/||p' "$DIR/usr/share/doc/sonic-pi-samples/copyright" |
		grep -vE 'misc_crow|misc_burp|perc_door|ambi_sauna' | LC_ALL=C sort -u >"$RAW/samples"
	listed "$DIR" -name '*.flac' | awk -F'[/\t]' 'NR == FNR { ok[$1]; next } $NF in ok' "$RAW/samples" - >"$RAW/list"
	grep -E '/(bd|drum|sn|perc|tabla|elec|misc|glitch)_[^/]*$' "$RAW/list" | join "$DATA/train/percussion/sonicpi-hits" 60 "$TRIM,apad=pad_dur=0.2"
	grep -vE '/(bd|drum|sn|perc|tabla|elec|misc|glitch)_[^/]*$' "$RAW/list" | join "$DATA/train/percussion/sonicpi-loops" 60 "$TRIM,apad=pad_dur=0.1"
}

debian_test() {
	table debian-test
	USE=test LABEL=speech
	package hedgewars-data
	SOURCE='hedgewars-data (Debian)' LICENCE='GFDL-1.3, GPL-2'
	for voice in "$DIR"/usr/share/games/hedgewars/Data/Sounds/voices/*/; do
		voice=${voice%/} AUTHOR="Hedgewars, voice ${voice##*/}"
		listed "$DIR" -path "$voice/*.ogg" ! -iname '*laugh*' ! -iname '*cough*' | join "$DATA/test/speech_acted/hedgewars-${voice##*/}" 90 "$SPOKEN"
	done
	for language in en es ru it; do
		case $language in
		en | es) AUTHOR='Allison Smith' LICENCE=CC-BY-SA-3.0 ;;
		ru) AUTHOR='Maxim, ivrvoice.ru' LICENCE=CC-BY-3.0 ;;
		it) AUTHOR='Carlo Flora' LICENCE=CC-BY-3.0 ;;
		esac
		package asterisk-core-sounds-$language-wav
		SOURCE="asterisk-core-sounds-$language-wav (Debian)"
		listed "$DIR" -name '*.wav' ! -path '*/silence/*' ! -name 'beep*' ! -name '*scending.wav' ! -name 'tt-monkeys.wav' ! -name 'tt-weasels.wav' |
			join "$DATA/test/speech_prompts/asterisk-$language" 90 "$SPOKEN"
	done
	package klettres-data
	SOURCE='klettres-data (Debian)' LICENCE=GPL-2+
	for language in "$DIR"/usr/share/klettres/*/alpha; do
		language=${language%/alpha} AUTHOR="KLettres, ${language##*/}"
		listed "$DIR" -path "$language/*.ogg" | join "$DATA/test/speech_names/klettres-${language##*/}" 75 "$SPOKEN"
	done
	package tuxpaint-stamps-default
	SOURCE='tuxpaint-stamps-default (Debian)' LICENCE=GPL-2
	find "$DIR" -name '*_*.ogg' -o -name '*_*.wav' | sed -n 's/.*_\([a-z][a-z]\(_[A-Z][A-Z]\)\{0,1\}\)\.[a-z]*$/\1/p' | sort -u >"$RAW/languages"
	while read -r language; do
		AUTHOR="Tux Paint, $language"
		listed "$DIR" \( -name "*_$language.ogg" -o -name "*_$language.wav" \) | join "$DATA/test/speech_names/tuxpaint-$language" 100 "$SPOKEN"
	done <"$RAW/languages"
	AUTHOR="Tux Paint, en"
	listed "$DIR" -name '*_desc.ogg' | join "$DATA/test/speech_names/tuxpaint-en" 100 "$SPOKEN"
	LABEL=music
	while IFS='|' read -r name folder LICENCE AUTHOR; do
		package "$name"
		SOURCE="$name (Debian)"
		listed "$DIR" -path "*/$folder/*" \( -name '*.ogg' -o -name '*.opus' \) -size +100k >"$RAW/list"
		while IFS=$TAB read -r file original; do
			out=${original#*/"$folder"/}
			case $out in # these repeat one passage seven to ten times
			music00[02].ogg) first=154 ;;
			music001.ogg) first=178 ;;
			music003.ogg) first=122 ;;
			*) first='' ;;
			esac
			whole "$file" "$DATA/test/music/${name%%-*}-$(echo "${out%.*}" | tr '/ ' '-_').flac" "$original" "$first"
		done <"$RAW/list"
	done <<-'EOF'
		warzone2100-music|music|GPL-2+|Warzone 2100 Project
		frozen-bubble-data|snd|GPL-2|Frozen-Bubble
		hyperrogue-music|music|GPL-2+, three pieces CC-BY-SA-3.0|see debian/copyright
		singularity-music|music|CC-BY-SA-3.0|Max McCracken
		planetblupi-music-ogg|music|GPL-3+|Mathieu Schroeter
		supertux-data|music|GPL-2+|Marek Moeckel, SuperTux team
		lincity-ng-data|music|GPL-2+|LinCity-NG team
	EOF
}

# Which recordings, by whom and under which licence: label (or folder below train), licence, author, where from,
# files (a ? stands for a space). What is not here was left out: licences that do not allow it, sounds that hold
# something else as well, and recordings that ESC-50 itself has.
chosen() {
	cat <<'EOF'
@Fris0uman/CDDA-Soundpacks
ambience|CC0|Kinoton|freesound:421826|environment/ambient/underground.ogg
ambience|CC-BY 3.0|blouhond|freesound:163604|environment/ambient/indoors.ogg
ambience|CC-BY 4.0|digifishmusic|freesound:74936|radio/static.ogg
ambience|CC0|joe_anderson22|freesound:392983|humming/machinery.ogg
ambience|CC-BY 3.0|kwahmah_02|freesound:255851|radio/inaudible_chatter.ogg radio/inaudible_chatter_*.ogg
ambience|CC-BY 4.0|nicola_ariutti|freesound:335365|humming/electric.ogg
breathing|CC0|Nox_Sound|freesound:554906|speech/ferals/male_scared_heavy_breathing_*.ogg
breathing|CC0|dmoran87|freesound:128772|speech/ferals/female_anguish_heavy_breathing_2.ogg
car_horn|CC0|Legnalegna55|freesound:545015|vehicle/horn_medium/horn_medium.ogg
church_bells|CC0|Nox_Sound|freesound:563885|environment/ambient/church_bells.ogg
effects|CC-BY 3.0|-sihiL|freesound:213848|speech/zombie/speech_zombie_groan_3.ogg speech/zombie/speech_zombie_groan_2.ogg
effects|CC0|AUDACITIER|freesound:623592|smash_success/plastic/smash_success_plastic.ogg
effects|CC-BY 3.0|AcousticMemory|freesound:353936|smash_success/plastic/smash_success_plastic_*.ogg
effects|CC-BY 4.0|AderuMoro|freesound:213295|deal_damage/hurt_f/hurt_f_5.ogg
effects|CC-BY 4.0|AmeAngelofSin|freesound:181983|speech/ferals/die_scream_1.ogg
effects|CC-BY 3.0|Aris621|freesound:435238,478145|melee_hit_flesh/big_cutting/big_cutting_flesh_*.ogg
effects|CC-BY|Audionautics|freesound:133968|mon_death/zombie_gibbed/zombie_gibbed_2.ogg
effects|CC0|BOBtheROSS|freesound:392173|mon_bite/bite_miss/bite_miss_*.ogg
effects|CC0|Breviceps|freesound:458963|smash_fail/chain_link/smash_fail_chain_link_*.ogg smash_fail/chain_link/smash_fail_chain_link.ogg
effects|CC0|CogFireStudios|freesound:619835|engine_start/electric/motor_start_ping.ogg
effects|CC0|Danjocross|freesound:507470,507466|melee_swing/small_bash/small_bash_swing_*.ogg melee_swing/big_stabbing/big_stabbing_swing_1.ogg
effects|CC-BY 4.0|DoctorBoomstick||fire_gun/rifles/automatic_rifle/indoor_gunfire/556_auto_rifle_shot_*.ogg fire_gun/rifles/automatic_rifle/outdoor_gunfire/556_auto_rifle_shot_*.ogg reload/mag_fed_bolt_action_rifle/bolt_action_rifle_load_*.ogg reload/pocket_pistol/pocket_pistol_load_*.ogg reload/tube_fed_shotgun/shell_load_*.ogg open_door/gun_safe/open_safe.ogg close_door/gun_safe/close_safe.ogg
effects|CC-BY 3.0|EminYILDIRIM|freesound:554284|melee_hit_flesh/small_cutting/small_cutting_flesh_1.ogg
effects|CC-BY 4.0|FST180081|freesound:441809,441806|fire_gun/brass_eject_1.ogg fire_gun/brass_eject.ogg
effects|CC0|FuzzyTuesday|freesound:730386|speech/zombie/speech_zombie_groan.ogg speech/zombie/speech_zombie_groan_1.ogg
effects|CC-BY 3.0|GoodSoundForYou|soundbible.com/2120-9mm-Gunshot.html#|fire_gun/handguns/handgun_1.ogg
effects|CC-BY|Halleck|freesound:121621|smash_success/hit_vehicle/hit_vehicle*.ogg
effects|CC0|Hanbaal|freesound:178872|fire_gun/bows/bow_1.ogg
effects|CC-BY|JaimeLopes|freesound:442766|vehicle/gear_shift/gear_shift*.ogg
effects|CC-BY 4.0|JoelAudio|freesound:135452,135453|smash_success/metal/smash_success_metal_1.ogg smash_success/metal/smash_success_metal.ogg
effects|CC0|JustLaz|freesound:616516,616517,616512|tool/geiger_low.ogg tool/geiger_medium.ogg tool/geiger_high.ogg
effects|CC0|LeMudCrab|freesound:163458|fire_gun/launchers/launcher_1.ogg
effects|CC0|Legnalegna55|freesound:547344|deal_damage/hurt_f/hurt_f_1.ogg
effects|CC-BY 3.0|LittleRobotSoundFactory|freesound:270401,270478|menu_move/menu_move.ogg melee_hit_flesh/small_cutting/small_cutting_flesh_3.ogg
effects|CC-BY|LittleRobotSoundFactory|freesound:316208|mon_death/zombie_death/zombie_death_2.ogg
effects|CC-BY|MATRIXXX_|freesound:473846|fire_gun/shotguns/shotgun_1.ogg
effects|CC-BY 3.0|Mike Koenig|soundbible.com/1998-Gun-Fire.html soundbible.com/1774-Laser-Machine-Gun.html|fire_gun/rifles/rifle_1.ogg fire_gun/laserguns/lasergun_1.ogg
effects|CC0|Mixedupmoviestuff|freesound:179222|melee_hit_flesh/small_cutting/small_cutting_flesh_2.ogg
effects|CC-BY 3.0|MoveAwayPodcast|freesound:555732|melee_swing/small_cutting/small_cutting_swing_*.ogg
effects|CC0|MrPokephile|freesound:155973|mon_bite/bite_hit/bite_hit_*.ogg
effects|CC0|PaulMorek|freesound:196725|mon_death/zombie_gibbed/zombie_gibbed_1.ogg
effects|CC0|Podcapocalipsis|freesound:521030|melee_hit_flesh/small_stabbing/small_stabbing_flesh_*.ogg
effects|CC0|PorkMuncher|freesound:263595|melee_swing/small_stabbing/small_stabbing_swing_*.ogg
effects|CC0|Reitanna|freesound:242623,344004|deal_damage/hurt_f/hurt_f_4.ogg deal_damage/hurt_f/hurt_f_3.ogg
effects|CC0|Rolly-SFX|freesound:528708|fire_gun/empty_1.ogg
effects|CC0|SilentStrikeZ|freesound:389642|speech/ferals/male_mumbling_*.ogg
effects|CC-BY 3.0|SilverIllusionist|freesound:470587|melee_hit_flesh/big_bash/big_bash_flesh_1.ogg
effects|CC-BY 3.0|Slave2theLight|freesound:157112|melee_attack/monster_melee_hit/monster_melee_hit_*.ogg
effects|CC-BY 4.0|Sophia_C|freesound:467183|fire_gun/empty.ogg
effects|CC0|Soundscape_Leuphana|freesound:207508|smash_fail/metal/smash_fail_metal.ogg
effects|CC-BY 4.0|TechspiredMinds|freesound:728758,728757,728759|tool/pickaxe_*.ogg
effects|CC0|This_Is_A_Hoax|freesound:354111|smash_fail/brick/smash_fail_brick_*.ogg smash_fail/brick/smash_fail_brick.ogg
effects|CC0|Tokyoshowdown|freesound:264892|vehicle_open/trunk/open_car_trunk.ogg
effects|CC-BY 3.0|WEL|soundbible.com/1575-High-Definition-Machine-Gun.html|fire_gun/machineguns/machinegun_1.ogg
effects|CC-BY 4.0|alex36917|freesound:585604|deal_damage/hurt_f/hurt_f_2.ogg
effects|CC0|apinasaundi|freesound:405655|smash_fail/plastic/smash_fail_plastic.ogg
effects|CC0|bananplyte|freesound:452347|mon_death/zombie_death/zombie_death_3.ogg
effects|CC-BY 3.0|battlestar10|soundbible.com/1666-M1-Garand-Gunfire.html|fire_gun/generic/genericgun_1.ogg
effects|CC0|bellick|freesound:151470|smash_fail/plastic/smash_fail_plastic_*.ogg
effects|CC0|cabled_mess|freesound:407644|close_door/window/close_window.ogg
effects|CC0|carmsie|freesound:271633|speech/ferals/female_mad_whisper_*.ogg
effects|CC-BY|cmusounddesign (mix by Peter Havran Raven2236)|freesound:84708|close_door/window/close_curtain.ogg
effects|CC-BY 4.0|datasoundsample|freesound:638636|smash_success/chain_link/smash_success_chain_link.ogg
effects|CC0|deleted_user_7146007|freesound:383882|melee_hit_flesh/default/unarmed_hit_flesh_*.ogg
effects|CC-BY 4.0|dheming|freesound:177783|smash_fail/metal/smash_fail_metal_*.ogg
effects|CC0|estupe|freesound:186362|close_door/door_fence/close_door_fence.ogg
effects|CC0|f3bbbo|freesound:651294|tool/shovel_1.ogg
effects|CC0|j1987|freesound:123020|vehicle_open/door/open_car_door.ogg
effects|CC0|jackthemurray|freesound:433591|vehicle_close/trunk/close_car_trunk.ogg
effects|CC0|jzielke011|freesound:439673|tool/camera_shutter_1.ogg
effects|CC-BY 3.0|kwahmah_02|freesound:269295|melee_swing/default/unarmed_swing_*.ogg
effects|CC0|kyles|freesound:407312|close_door/door_wood/close_door.ogg
effects|CC0|magnuswaker|freesound:522091,530117,522099,528263,530225|melee_hit_flesh/big_stabbing/big_stabbing_flesh_*.ogg smash_success/concrete/smash_success_concrete.ogg reload/default.ogg
effects|CC0|mateusboga|freesound:426065|melee_hit_flesh/small_bash/small_bash_flesh_*.ogg
effects|CC0|mazlyn|freesound:338267|speech/zombie/speech_zombie_groan_4.ogg
effects|CC0|micahlg|freesound:413181,413184,413185,413183|deal_damage/hurt_m/hurt_m_*.ogg
effects|CC-BY|missozzy|freesound:169841|mon_death/zombie_death/zombie_death_1.ogg
effects|CC0|monotraum|freesound:208695|vehicle_close/door/close_car_door.ogg
effects|CC0|morganpurkis|freesound:391847|fire_gun/rockets/rocket_1.ogg
effects|CC0|orangesheepdog|freesound:367182|melee_swing/big_bash/big_bash_swing_1.ogg
effects|CC-BY 3.0|original_sound|freesound:376818|melee_hit_flesh/big_bash/big_bash_flesh_2.ogg
effects|CC0|oscaraudiogeek|freesound:342888|smash_fail/concrete/smash_fail_concrete_4.ogg smash_fail/concrete/smash_fail_concrete_3.ogg smash_fail/concrete/smash_fail_concrete_2.ogg smash_fail/concrete/smash_fail_concrete.ogg
effects|CC0|pagancow|freesound:15316|vehicle_open/door_internal/open_car_door_internal.ogg vehicle_close/door_internal/close_car_door_internal.ogg
effects|CC0|philRacoIndie|freesound:551543|menu_error/menu_error.ogg
effects|CC0|qubodup|freesound:59992|melee_swing/big_cutting/big_cutting_swing_1.ogg
effects|CC0|ramonmineiro|freesound:531973|fire_gun/monster_guns/gene_sting_gun_*.ogg
effects|CC0|rombart|freesound:197800|tool/oxytorch_1.ogg
effects|CC0|sickfin|freesound:711358|speech/ferals/old_man_hesitant_ranbling.ogg
effects|CC0|soularitysound|freesound:365167|fire_gun/monster_guns/acid_sniper_*.ogg
effects|CC0|super8ude|freesound:442538|tool/axe_1.ogg
effects|CC-BY 4.0|tim.kahn|freesound:631835|speech/ferals/male_scream_*.ogg speech/ferals/female_scream_*.ogg
effects|CC0|tonsil5|freesound:555412|mon_death/zombie_death/zombie_death_4.ogg
effects|CC0|xdrav|freesound:112841|open_door/window/open_window.ogg
engine|CC-BY|Frederik_Sunne|freesound:324138|engine_working_external/combustion/engine_working_external_combustion.ogg engine_working_external/v8/engine_working_external_v8.ogg
engine|CC-BY|nhaudio|freesound:275402|engine_working_internal/combustion/engine_working_internal_combustion.ogg engine_working_internal/v8/engine_working_internal_v8.ogg
footsteps|CC0|Ashe Kirk|freesound:151229,151230,151228,151235|plmove/walk_grass/walk_grass_3.ogg plmove/walk_grass/walk_grass_4.ogg plmove/walk_grass/walk_grass_5.ogg plmove/walk_grass/walk_grass_6.ogg
footsteps|CC-BY 3.0|Flammos|freesound:613205|plmove/walk_grass/walk_grass_1.ogg
footsteps|CC0|GiocoSound|freesound:421137,421136,421134,421133,421132|plmove/walk_metal/walk_metal_*.ogg
footsteps|CC-BY|InspectorJ|freesound:336598|plmove/walk_t_concrete_*.ogg
footsteps|CC0|SpliceSound|freesound:338106|plmove/walk_barefoot_*.ogg
footsteps|CC0|ali-6868|freesound:384871,384880,384872,384873,384874,384875,384876,384877,384878,384879|plmove/walk_t_gravel_*.ogg
footsteps|CC0|kretopi|freesound:406744,406745,406746,406747,406748,406749|plmove/walk_t_floor/walk_t_floor_*.ogg
footsteps|CC-BY|nuFF3|freesound:477396,477395,477394,477392,477391,477390|plmove/walk_dirt_*.ogg
footsteps|CC0|samulis|freesound:197781,197780,197779,197778|plmove/walk_t_rock_floor_*.ogg
footsteps|CC-BY 3.0|spycrah|freesound:535222|plmove/walk_grass/walk_grass_2.ogg
footsteps|CC-BY 3.0|tatianafeudal|freesound:542258|plmove/walk_t_grass_long/walk_t_grass_long_*.ogg
footsteps|CC0|taure|freesound:575321|plmove/walk_t_carpet/walk_t_carpet_*.ogg
glass_breaking|CC-BY 4.0|InspectorJ|freesound:344266|smash_success/glass/smash_success_glass.ogg
glass_breaking|CC0|chewiesmissus|freesound:244238|smash_success/glass/smash_success_glass_1.ogg
glass_breaking|CC0|magnuswaker|freesound:531733|smash_success/glass/smash_success_glass_reinforced.ogg
glass_breaking|CC-BY 4.0|pfranzen|freesound:387177|smash_success/glass/smash_success_glass_2.ogg
laughing|CC-BY 4.0|phantastonia|freesound:273152|speech/ferals/creepy_laugh.ogg
rain|CC0|Ali@k|freesound:128907|environment/weather/heavyrain.ogg
rain|CC-BY|InspectorJ (mix by Peter Havran Raven 2236)|freesound:346641|environment/weather/indoors_rain.ogg
siren|CC0|conleec|freesound:159743|environment/ambient/police_siren.ogg
thunderstorm|CC0|bruno.auzet|freesound:531041|environment/weather/thunderstorm.ogg
thunderstorm|CC0|chromakei|freesound:398287|environment/weather/thunder_far.ogg
thunderstorm|CC-BY 3.0|mrsorbias|freesound:574687|environment/weather/thunder_near.ogg
@AntumMT/mod-sounds
airplane|CC0|Zerono1|freesound:568128|jet_flyby.ogg
airplane|CC0|bigpickle51|freesound:262755|jet_land.ogg
airplane|CC-BY 3.0|jakobthiesen|freesound:188423|airplane_prop.ogg
car_horn|CC0|15HPanska_Ruttner_Jan|freesound:461679|vehicle_horn_02.ogg
car_horn|CC-BY 3.0|dj997|freesound:493751|vehicle_horn_01.ogg
cat|CC-BY 3.0|blimp66|freesound:397661|cat_meow.ogg
chirping_birds|CC0|Jc Guan|soundbible.com/340-Bird-Song.html|bird_*.ogg
chirping_birds|CC0|MediaCollege.com|mediacollege.com/downloads/sound-effects/animals/bird/|canary_*.ogg
church_bells|CC-BY 3.0|Jonathan Shaw (InspectorJ)|freesound:371267,417769|church_bells_*.ogg
clock_tick|CC0|AntumDeluge|opengameart.org/node/16323|clock_tick.ogg
clock_tick|CC0|Nicolas4677|freesound:446611|watch_tick.ogg
cow|CC0|JosephSardin|freesound:177253|cow_moo_*.ogg
crackling_fire|CC0|16FThumaF|freesound:499032|fire_crackle.ogg
crickets|CC0|GB01|freesound:530477|cricket.ogg
crow|CC-BY 4.0|Morris Gevirtz|xeno-canto.org/617630|crow_caw.ogg
dog|CC0|ivolipa|freesound:328730|dog_bark.ogg
dog|CC0|moffet|freesound:583142|puppy_bark.ogg
door_wood_creaks|CC-BY 3.0|Jonathan Shaw (InspectorJ)|freesound:346212|door_creak.ogg
door_wood_knock|CC-BY 3.0|LPHypeR|freesound:500994|door_knock_01.ogg
door_wood_knock|CC0|Patrick Hunt|freesound:256513|door_knock_02.ogg
effects|CC0|0_ciz|freesound:475480|horse_snort_02.ogg
effects|CC-BY 3.0|Alan McKinney (alanmcki)|freesound:403026,403025|gallop_*.ogg
effects|CC-BY 3.0|Angel_Perez_Grandi|freesound:49190|node_dug_ice.ogg
effects|CC0|Anton Baotic, Florian Sicks, Angela S. Stoeger|mediacollege.com/downloads/sound-effects/animals/primates/|gorilla_grunt.ogg gorilla_snarl_*.ogg
effects|CC0|AntumDeluge|opengameart.org/node/16332 opengameart.org/node/81247 opengameart.org/node/16321 opengameart.org/node/81240 opengameart.org/node/16324 opengameart.org/node/81246 opengameart.org/node/98682 opengameart.org/node/16329|zipper.ogg scrape_*.ogg bicycle_spokes.ogg monkey_*.ogg skeleton_bones.ogg undead_moan_*.ogg bicycle_bell.ogg yak.ogg vulture.ogg
effects|CC-BY 3.0|Benboncan|freesound:71823,78091|node_dig_cracky.*.ogg ricochet.ogg
effects|CC0|Bidone|freesound:66150|penguin_*.ogg
effects|CC0|BranndyBottle|freesound:464697|woosh_03.ogg
effects|CC-BY 3.0|Bunny_Clark|freesound:377550,377549|rifle_cock_02.ogg pistol_reload.ogg
effects|CC-BY 3.0|CGEffex|freesound:98341|melee_hit_*.ogg
effects|CC-BY 3.0|Cameron DeDore|freesound:410262|rifle_fire_02.ogg
effects|CC0|DSOADigital|freesound:362253|leaves_*.ogg
effects|CC-BY 3.0|Deganoth|freesound:348671|shotgun_fire_pump.ogg
effects|CC0|DrMaysta|freesound:418509|duck_quack_02.ogg
effects|CC-BY 3.0|DrinkingWindGames|freesound:476240|pistol_fire_01.ogg
effects|CC-BY 3.0|EFlexMusic|freesound:398348|rifle_fire_cock.ogg
effects|CC-BY 3.0|Glaneur de sons|freesound:104959|goose.ogg
effects|CC0|Gniffelbaf|freesound:82119|balloon_pop.ogg
effects|CC-BY 3.0|GoodListener|freesound:322443|horse_neigh_01.ogg
effects|CC-BY 3.0|HerbertBoland|freesound:33206|tool_break.3.ogg tool_break.2.ogg
effects|CC0|Iamgiorgio|freesound:371305|toy_squeak_02.ogg
effects|CC0|J.Anthracite|freesound:465488|pistol_cock_*.ogg
effects|CC0|J0ck0|freesound:397054|gorilla_roar.ogg
effects|CC-BY 3.0|Jonathan Shaw (InspectorJ)|freesound:411791|door_close_02.ogg
effects|CC0|JuanD20|freesound:392591|woosh_04.ogg
effects|CC0|Julien Matthey|freesound:268343,105016,470934,470932,470933,346917,346916,346918,268344,346919|laser_*.ogg fireball_*.ogg
effects|CC0|LamaMakesMusic|freesound:403507|toy_squeak_01.ogg
effects|CC0|LampEight|freesound:402465|door_close_01.ogg
effects|CC0|Loge the 60th|soundbible.com/1758-Door-Entry-Notification.html|robot_02.ogg
effects|CC-BY 2.0|Mathevon N, Koralek A, Weldele M, Glickman S, Theunissen F|commons.wikimedia.org/wiki/File:Giggling_call_of_a_spotted_hyena_(Crocuta_crocuta)_-_1472-6785-10-9-S3.oga commons.wikimedia.org/wiki/File:Giggling_call_of_a_spotted_hyena_(Crocuta_crocuta)_-_1472-6785-10-9-S5.oga commons.wikimedia.org/wiki/File:Giggling_call_of_a_spotted_hyena_(Crocuta_crocuta)_-_1472-6785-10-9-S1.oga|hyena_*.ogg
effects|CC0|Morgan Purkis|freesound:391725,385812|rifle_fire_04.ogg pistol_fire_03.ogg
effects|CC0|NachtmahrTV|freesound:571800|pencil_write.ogg
effects|CC0|Ned Bouhalassa|freesound:8320|fuse_short.ogg fuse.ogg
effects|CC0|Rob Marion|freesound:542046|rifle_fire_03.ogg
effects|CC0|Sheyvan|freesound:476113|node_dig_choppy.*.ogg
effects|CC-BY 3.0|Sirderf|freesound:332290,332289,332288|chalk_screech_*.ogg
effects|CC-BY 3.0|SmartWentCody|freesound:179015|shears_*.ogg
effects|CC-BY 3.0|Sophia Caldwell|freesound:467183|pistol_fire_dry.ogg
effects|CC0|SpliceSound|freesound:153560|rifle_cock_03.ogg
effects|CC0|Tito Lahaye|freesound:319400|rifle_small_fire_*.ogg
effects|CC0|Tobiasz 'unfa' Karoń|freesound:584198|plasma_shot.ogg
effects|CC0|U.S. Fish & Wildlife Service|fws.gov/video/sound.htm|snake_rattle.ogg bear_*.ogg
effects|CC0|Under7dude|freesound:163442,163447|zombie_death.ogg zombie_damage.ogg
effects|CC-BY 3.0|Wyatt Dilley (dwightsabeast)|freesound:553848|ar_burst_01.ogg ar_burst_02.ogg ar_fire_*.ogg
effects|CC0|bananplyte|freesound:452154|rifle_fire_01.ogg
effects|CC-BY 3.0|bennstir|freesound:80928,81072|door_close_03.ogg doorbell_02.ogg
effects|CC0|blukotek|freesound:251660|node_dig_snappy.ogg
effects|CC-BY 3.0|bmccoy2|freesound:342105|squirrel_*.ogg
effects|CC0|craigsmith|freesound:437937|camel_*.ogg
effects|CC0|d.n.audio.uk|freesound:263809|balloon_inflate.ogg
effects|CC0|damsur|freesound:443241|pencil_erase.ogg
effects|CC0|dasBUTCHER84|freesound:449613|shotgun_pump.ogg
effects|CC0|denao270|freesound:346373|woosh_01.ogg
effects|CC-BY 3.0|dheming|freesound:268023|node_dig_ice.*.ogg
effects|CC-BY 3.0|dobroide / qubodup|freesound:442820|duck_quack_03.ogg
effects|CC0|felix.blume|freesound:499564,405211|sea_lion_*.ogg lion_bellow.ogg
effects|CC0|foxen10|freesound:149024|horse_neigh_02.ogg
effects|CC0|freemusicpromo|freesound:513746|rifle_cock_01.ogg
effects|CC0|greenvwbeetle|freesound:423332|coin.ogg
effects|CC-BY 3.0|jorickhoofd|freesound:177875|doorbell_03.ogg
effects|CC-BY 3.0|kwahmah_02|freesound:275072|doorbell_01.ogg
effects|CC0|lolamadeus|freesound:179341|node_dug_gravel.*.ogg node_dig_gravel.*.ogg
effects|CC0|madklown|freesound:184503|horse_snort_01.ogg
effects|CC0|magnuswaker|freesound:522085|pistol_fire_02.ogg
effects|CC0|michorvath|freesound:427603|rifle_fire_dry.ogg
effects|CC0|mrickey13|freesound:515625|woosh_02.ogg
effects|CC0|pawsound|freesound:154873|whistle.ogg
effects|CC0|polymorpheva|freesound:104205|bat_*.ogg
effects|CC-BY 3.0|poots|freesound:123092|mermaid_song_*.ogg
effects|CC0|qubodup|freesound:482120 opengameart.org/node/18150|ar_burst_03.ogg node_dug_metal.*.ogg
effects|CC0|reelworldstudio|freesound:161122|boing.ogg
effects|CC0|schots|freesound:439280|tiger_snarl_02.ogg tiger_snarl_04.ogg tiger_snarl_03.ogg
effects|CC0|sonicmariobrotha|freesound:333825|apple_bite.ogg
effects|CC-BY 3.0|sonictechtonic|freesound:241872|entity_hit.ogg
effects|CC0|thavis360|freesound:178433|chalk_write_*.ogg
effects|CC0|vataaa|freesound:148873|elephant_trumpet.ogg
effects|CC-BY 3.0|videog|freesound:149190|tiger_snarl_01.ogg tiger_roar_01.ogg
effects|CC-BY 3.0|yadronoff|freesound:320397|node_dig_metal.ogg
engine|CC0|238310|freesound:370189|vehicle_motor_idle.ogg
engine|CC0|jackthemurray|freesound:433584|car_motor.ogg
engine|CC-BY 3.0|m1rk0|freesound:23212|motorbike_idle.ogg
fireworks|CC0|Florian Reichelt|freesound:459973|fireworks_01.ogg
fireworks|CC-BY 3.0|Jonathan Shaw (InspectorJ)|freesound:328861,410350|fireworks_02.ogg fireworks_pop_*.ogg
footsteps|CC-BY 3.0|Erdie|freesound:41579|node_step_hard.*.ogg
footsteps|CC-BY 3.0|Jonathan Shaw (InspectorJ)|freesound:416967|node_step_ice.*.ogg
footsteps|CC0|mypantsfelldown|freesound:398937|node_step_metal.*.ogg
footsteps|CC0|worthahep88|freesound:319224|node_step_sand.*.ogg
frog|CC0|kayceemixer|freesound:251495|frog.ogg
glass_breaking|CC-BY 3.0|cmusounddesign|freesound:71947|node_dug_glass.1.ogg
helicopter|CC0|Thomas Ryder Payne|freesound:573170|helicopter.ogg
hen|CC-BY 3.0|www.bonson.ca|freesound:24967|chicken_*.ogg
insects|CC0|DrDufus|freesound:462875|bee.ogg
insects|CC-BY 3.0|Iain McCurdy|freesound:498412|bumble_bee_01.ogg
insects|CC0|tom_woysky|freesound:243011|bees.ogg
laughing|CC0|AntumDeluge|opengameart.org/node/81237|laugh_evil_01.ogg
music|CC0|Scott Joplin, Tim Starling|commons.wikimedia.org/wiki/File:Maple_leaf_rag.ogg|piano.ogg
pig|CC0|MediaCollege.com|mediacollege.com/downloads/sound-effects/animals/pig/|pig_squeal.ogg
pig|CC-BY 3.0|yottasounds|freesound:174615|pig_snort.ogg
rain|CC0|Inu Etc|freesound:507902|rain_heavy_01.ogg
rain|CC0|TRP|freesound:573622|rain_heavy_02.ogg
rooster|CC0|poorenglishjuggler|freesound:269496|rooster.ogg
sheep|CC0|mikewest|freesound:414342|sheep_baa.ogg
thunderstorm|CC-BY 3.0|juskiddink|freesound:101948|thunder_03.ogg
wind|CC-BY 3.0|Jonathan Shaw (InspectorJ)|opengameart.org/node/101110|wind.ogg
@gheja/doggy-daycare
ambience|CC-BY 4.0|klankbeeld|freesound:257351|background_noises/257351__klankbeeld__room-tone-calm-9pm-141209_0470.ogg
ambience|CC0|sagetyrtle|freesound:28204|background_noises/28204__sagetyrtle__restaurant2.ogg
dog|MIT|Gabor Heja|github.com/gheja|dog_excited/20240223_124058_37_yoshi_and_charlie.ogg dog_playing_barking/20240222_093008_33_charlie.ogg dog_playing_barking/20240222_094422_34_charlie.ogg dog_playing_barking/20240222_094422_34_charlie_2.ogg dog_playing_barking/20240222_183917_36_charlie_and_mikey.ogg dog_woke_up/20240222_183917_36_charlie.ogg
dog|CC0|be-steele|freesound:128240|dog_excited/128240__be-steele__stormkloud-sled-dogs.ogg dog_excited/128240__be-steele__stormkloud-sled-dogs_*.ogg
dog|CC0|hargissssound|freesound:321126|dog_playing_barking/321126__hargissssound__barking-dogs-at-dog-park-south-mountain-reservation-nj.ogg
dog|CC0|kijjaz|freesound:252909|dog_playing_barking/252909__kijjaz__20141026-chihuahua-barking-licking-01.ogg
dog|CC0|vollkornbrot|freesound:256646|dog_playing_barking/256646__vollkornbrot__dog.ogg dog_playing_barking/256646__vollkornbrot__dog_2.ogg
door_wood_knock|CC0|Flem0527|freesound:629986|629986__flem0527__knocking-on-wood-door-2.ogg
effects|CC0|Aiyumi|freesound:245083|245083__aiyumi__squeak-toy-squeeze_full01.ogg
footsteps|CC0|florianreichelt|freesound:459970|459970__florianreichelt__footsteps-on-hollow-wood_*.ogg
@rafaelmardojai/blanket
ambience|public domain|stephan|soundbible.com/1664-Restaurant-Ambiance.html|coffee-shop.ogg
chirping_birds|CC0|kvgarlic|freesound:156826|birds.ogg
crackling_fire|public domain|ezwa|soundbible.com/1543-Fireplace.html|fireplace.ogg
crickets|public domain|Lisa Redfern|soundbible.com/2083-Crickets-Chirping-At-Night.html|summer-night.ogg
rain|CC-BY|alex36917|freesound:524605|rain.ogg
sea_waves|CC-BY|Luftrum|freesound:48412|waves.ogg
thunderstorm|CC-BY|Digifish music|freesound:41739|storm.ogg
train|CC-BY 3.0|SDLx|freesound:259988|train.ogg
wind|CC0|felix.blume|freesound:217506|wind.ogg
@Wicklets/wick-editor
effects|CC0|Leszek_Szary|freesound:146727|blip2.ogg
effects|CC0|Mediaman57|freesound:347149|stone1.ogg
effects|CC0|OtisJames|freesound:249613|thump.ogg
effects|CC0|Planman|freesound:208111|poof.ogg
effects|CC0|Raclure|freesound:483598,483604,483608,405547,483603,483602,405546,405548|wrong1.ogg woop*.ogg zhoop.ogg fwipp.ogg gameBump1.ogg blip1.ogg
effects|CC0|ertfelda|freesound:243699|stone2.ogg
effects|CC0|freakinbehemoth|freesound:243400|woosh.ogg
effects|CC0|jameswrowles|freesound:380640|thunk.ogg
effects|CC0|pan14|freesound:263124,263130,263128,263126,263123,263129,263127,263132|blip4.ogg blip5.ogg blip3.ogg longBeep*.ogg beep*.ogg wrong2.ogg
EOF
}

# --- What is named in lists: open-data-wide.txt, open-data-house.txt --------------------------------

# from_list GROUP: what open-data-GROUP.txt names.
from_list() {
	group=$1
	table "$group"
	rm -f "$RAW/$group"-*.list
	grep -v '^#' "$LISTS/open-data-$group.txt" >"$RAW/$group"
	while IFS='|' read -r place LICENCE AUTHOR link patterns; do
		case $place in
		@*)
			IFS=' ' read -r SOURCE commit short folder <<-EOF
				${place#@}
			EOF
			case $SOURCE in
			*/*) repository "$SOURCE" "$commit" "$folder" ;;
			*)
				package "$SOURCE"
				SOURCE="$SOURCE (Debian)"
				;;
			esac
			continue
			;;
		positives/*) USE=positive ;;
		*) USE=${place%%/*} ;;
		esac
		LABEL=${place#*/} LABEL=${LABEL%+} voice=$(echo "$AUTHOR" | tr -cd A-Za-z | cut -c1-16) AUTHOR="$AUTHOR $link"
		for pattern in $patterns; do
			for file in "$DIR/$folder"/$pattern; do
				if [ ! -e "$file" ]; then
					say "left out $file"
					continue
				fi
				original=${file#"$DIR"/}
				name=$(echo "${file#"$DIR/$folder/"}" | tr "/ '()@&," '-_______')
				case $place in
				*/speech) credited >>"$RAW/$group-$USE-speech-$short-$voice.list" ;;
				*/effects | *+) credited >>"$RAW/$group-$USE-$LABEL-$short.list" ;;
				*) whole "$file" "$DATA/$place/$short-${name%.*}.flac" "$original" 240 ;;
				esac
			done
		done
	done <"$RAW/$group"
	for list in "$RAW/$group"-*.list; do
		name=${list##*/"$group"-} name=${name%.list}
		USE=${name%%-*} name=${name#*-}
		LABEL=${name%%-*}
		join "$DATA/$USE/$LABEL/${name#*-}" 60 "$SPOKEN" <"$list"
	done
}

for group in $GROUPS_WISHED; do
	case $group in
	repositories)
		spoken
		recorded
		effects
		;;
	debian-train) debian_train ;;
	debian-test) debian_test ;;
	wide | house) from_list "$group" ;;
	*)
		say "no group $group"
		exit 2
		;;
	esac
done
{
	printf 'path\tsource\toriginal file\tlicence\tauthor\tuse\tlabel\n'
	cat "$DATA"/table.d/*.tsv
} >"$DATA/table.tsv"
say "done: $(find "$DATA/train" "$DATA/tune" "$DATA/positives" "$DATA/test" -name '*.flac' 2>/dev/null | wc -l) files below $DATA"
