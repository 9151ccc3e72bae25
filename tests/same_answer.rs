//! The same input gives the same bytes, whatever the number of threads and the seeds of hash maps,
//! which are others in every run.

mod support;

#[test]
fn threads_and_runs_do_not_change_a_byte() {
    for (capture, _) in support::captures() {
        let file = capture.to_str().unwrap();
        let output = |command: &str, threads: &str| {
            support::run(&[command, file, "--threads", threads]).stdout
        };
        for command in ["exchanges", "analyze", "timeline", "jar"] {
            let alone = output(command, "1");
            assert!(command != "exchanges" || !alone.is_empty(), "{file}");
            for threads in ["1", "2", "5"] {
                assert!(output(command, threads) == alone, "{command} {file}: {threads} threads");
            }
        }
    }
}
