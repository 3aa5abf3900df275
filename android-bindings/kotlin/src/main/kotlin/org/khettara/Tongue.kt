package org.khettara

/** A language that people are spoken to in. */
public enum class Tongue {
    /** Arabic, written from right to left. */
    AR,

    /** French. */
    FR,

    /** English. */
    EN,
}
