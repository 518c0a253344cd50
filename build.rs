//! How the programs are linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    if of("CARGO_CFG_TARGET_OS") == "linux" && of("CARGO_CFG_TARGET_ENV") == "gnu" {
        // 80,000 places hold addresses that the loader fills in. Listed one by one they are two megabytes that
        // each agent reads at its start and keeps; packed they are 20 kilobytes (glibc 2.36, binutils 2.38).
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
