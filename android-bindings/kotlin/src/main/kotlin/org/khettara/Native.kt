package org.khettara

/** The other half: what carries a request to the tablet's engine and brings the reply. */
internal interface Door {
    /** Carries out one request on the tablet that [handle] names. */
    fun call(handle: Long, request: ByteArray): ByteArray

    /** Whether [handle] stands for an open tablet. */
    fun isOpen(handle: Long): Boolean

    /** Closes a tablet, once nobody works with it any more. */
    fun close(handle: Long): ByteArray
}

/** The door through JNI. Its names are those that the native library exports. */
internal object Native : Door {
    init {
        System.loadLibrary("khettara_android")
    }

    external override fun call(handle: Long, request: ByteArray): ByteArray

    external override fun isOpen(handle: Long): Boolean

    external override fun close(handle: Long): ByteArray
}
