"""How tests run programs on JAX: on the processor, and compiled soon rather than well."""

FLAGS = "--xla_cpu_use_fusion_emitters=false"  # without them a step compiles in half the time
QUICK_JAX = {
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # in half the time again
    "XLA_FLAGS": FLAGS,
}
