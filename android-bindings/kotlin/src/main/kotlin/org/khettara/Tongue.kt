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

/** The same in one language. */
public fun Words.inTongue(tongue: Tongue): String = when (tongue) {
    Tongue.AR -> ar
    Tongue.FR -> fr
    Tongue.EN -> en
}
