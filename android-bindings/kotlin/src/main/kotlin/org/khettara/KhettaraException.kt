package org.khettara

/**
 * Why a call did nothing, or not all. What was saved before is safe in every case.
 *
 * One class for each [ErrorKind]: what the caller should do about it.
 */
public sealed class KhettaraException(
    /** What happened, in full. */
    public val trouble: Trouble,
    cause: Throwable?,
) : RuntimeException(trouble.sentence.en, cause) {
    /** What the caller should do. */
    public val kind: ErrorKind get() = trouble.kind

    /** A word for programs, such as `no_answer`. */
    public val code: String get() = trouble.code

    /** The field concerned, of a form that was not saved. */
    public val field: String? get() = trouble.field

    /** Whether trying the same call again later can succeed without anybody changing anything. */
    public val retryable: Boolean get() = this is Retry

    /** What happened, whether anything was lost, and what to do, in the language of the person who reads it. */
    public fun sentence(tongue: Tongue): String = trouble.sentence.inTongue(tongue)

    /** Try again later. */
    public class Retry internal constructor(trouble: Trouble, cause: Throwable? = null) : KhettaraException(trouble, cause)

    /** Free space; nothing was lost. */
    public class Full internal constructor(trouble: Trouble, cause: Throwable? = null) : KhettaraException(trouble, cause)

    /** Ask for rights: the other side or the roster does not allow this. */
    public class Refused internal constructor(trouble: Trouble, cause: Throwable? = null) : KhettaraException(trouble, cause)

    /** Mend what was given. */
    public class Invalid internal constructor(trouble: Trouble, cause: Throwable? = null) : KhettaraException(trouble, cause)

    /** Stop writing, keep the files, call for help. */
    public class Corrupt internal constructor(trouble: Trouble, cause: Throwable? = null) : KhettaraException(trouble, cause)

    /** Report it: this is the program's to mend. */
    public class Bug internal constructor(trouble: Trouble, cause: Throwable? = null) : KhettaraException(trouble, cause)

    internal companion object {
        fun of(trouble: Trouble): KhettaraException = when (trouble.kind) {
            ErrorKind.RETRY -> Retry(trouble)
            ErrorKind.FULL -> Full(trouble)
            ErrorKind.REFUSED -> Refused(trouble)
            ErrorKind.INVALID -> Invalid(trouble)
            ErrorKind.CORRUPT -> Corrupt(trouble)
            ErrorKind.BUG -> Bug(trouble)
        }
    }
}
