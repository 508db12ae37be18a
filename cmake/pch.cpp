// A precompiled header needs a translation unit of its own; the other targets reuse it.
