// Plays the moving picture of one session from the archive, with controls that have names.
const movie = document.getElementById("movie");
const state = document.getElementById("movie-state");
const controls = movie.querySelector(".movie-controls");
const control = (name) => controls.querySelector(`[data-act=${name}]`);
const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

const play = async () => {
  const answer = await fetch(movie.dataset.events, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const events = await answer.json();
  const Player = window.rrwebPlayer?.default || window.rrwebPlayer;
  if (!Player) throw new Error("no player");
  if (events.length < 2) {
    state.textContent = "这次会话没有足够的画面记录，请看逐页存档。";
    return;
  }
  state.remove();
  controls.hidden = false;
  const stage = document.getElementById("stage");
  const width = Math.max(240, Math.min(1024, stage.clientWidth));
  const player = new Player({
    target: stage,
    props: { events, width, height: 640, autoPlay: false, showController: false, mouseTail: false },
  });
  stage.querySelector("iframe")?.setAttribute("title", "画面");
  const total = player.getReplayer().getMetaData().totalTime;
  let isPlaying = false;
  const show = (now) => {
    control("place").value = total ? Math.round((now / total) * 1000) : 0;
    control("time").textContent = `${clock(now)} / ${clock(total)}`;
  };
  const set = (playing) => {
    isPlaying = playing;
    control("toggle").querySelector("span").textContent = playing ? "暂停" : "播放";
  };
  const go = (ms, playing) => {
    player.goto(ms, playing);
    set(playing);
    show(ms);
  };
  show(0);
  player.addEventListener("ui-update-current-time", (event) => show(event.payload));
  player.addEventListener("finish", () => set(false));
  control("toggle").addEventListener("click", () => {
    if (isPlaying) player.pause();
    else player.play();
    set(!isPlaying);
  });
  control("again").addEventListener("click", () => go(0, true));
  control("speed").addEventListener("change", (event) => player.setSpeed(Number(event.target.value)));
  control("place").addEventListener("input", (event) => go((event.target.value / 1000) * total, false));
};

play().catch(() => {
  state.textContent = "画面记录暂时读不出来。逐页存档不受影响，请返回会话查看。";
});
