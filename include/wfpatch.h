/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quiescence points that a program announces itself, for `wfpatch apply --policy explicit`. One header, no library, C and
 * C++, nothing to initialise. A program that uses it runs as before where wfpatch is never heard of.
 *
 *   while (next_request(&request)) {
 *       WF_QUIESCENCE_POINT();          // between two requests: nothing of the last one is in use
 *       serve(&request);
 *   }
 *
 * (A program that wants to patch itself includes wfpatch-self.h instead.)
 *
 * Each announcement is one instruction that does nothing (a nop of eight bytes within one aligned quadword) and an ELF note
 * that tells wfpatch where it is. While a patch is applied, the nop is a jump, and a thread that comes by goes over to the new code.
 * It uses no register, no stack and no flag; for the compiler it is a barrier for memory.
 *
 * What is promised by announcing a point: when a thread stands there, nothing that the old code made and the new code reads
 * differently is in use by this thread, neither in registers nor on its stack. The functions that are on the stack there
 * must not be changed by a patch. wfpatch refuses that (WF704) for the function with the point and for those that reach it by
 * direct calls and jumps within the same program or library; calls through pointers it cannot see.
 *
 * The names of the wait-free code patching paper (OSDI '20, Rommel and others) are here, too:
 *   wf_quiescence()          a quiescence point; the same as WF_QUIESCENCE_POINT()
 *   wf_local_quiescence()    this thread is quiescent
 *   wf_global_quiescence()   all threads of the program are quiescent, this one among them: it migrates, the others do so at their own points
 *   wf_thread_birth("name")  a thread begins: it holds nothing of old code
 *   wf_thread_death()        a thread will run no more code that a patch could replace
 * Threads that glibc starts (pthread_create, std::thread, thrd_create) are known to wfpatch without wf_thread_birth().
 *
 * A name is a string literal of letters, digits and the like, without quotes, backslashes and percent signs.
 */
#ifndef WFPATCH_H
#define WFPATCH_H

/* Types of the notes; the owner is "wfpatch". Description: 32 bits, from this field to the nop; then the name, ended by a zero. */
#define WF_NOTE_QUIESCENCE 1
#define WF_NOTE_LOCAL_QUIESCENCE 2
#define WF_NOTE_GLOBAL_QUIESCENCE 3
#define WF_NOTE_THREAD_BIRTH 4
#define WF_NOTE_THREAD_DEATH 5

#if defined(__x86_64__) && defined(__ELF__) && (defined(__GNUC__) || defined(__clang__))

/*
 * nopl 0xc0(%rax,%rax,1). Its bytes 1 to 4 are 1f 84 00 c0: with e9 in byte 0 they spell a jump to an address 1 GiB below, where
 * little else is. So one byte is all that has to change where that memory is free; else the quadword has room for any jump.
 * "?": the note goes with its function, where the linker drops one of several copies (inline functions of C++).
 */
#define WF_ANNOUNCE(type, name)                                                                                                 \
    __asm__ __volatile__(                                                                                                       \
        ".balign 8\n"                                                                                                           \
        "771: .byte 0x0f, 0x1f, 0x84, 0x00, 0xc0, 0x00, 0x00, 0x00\n"                                                           \
        ".pushsection .note.wfpatch, \"a?\", @note\n"                                                                           \
        ".balign 4\n"                                                                                                           \
        ".long 773f - 772f, 775f - 774f, " WF_STRING(type) "\n"                                                                 \
        "772: .asciz \"wfpatch\"\n"                                                                                             \
        "773: .balign 4\n"                                                                                                      \
        "774: .long 771b - .\n"                                                                                                 \
        ".asciz " name "\n"                                                                                                     \
        "775: .balign 4\n"                                                                                                      \
        ".popsection\n" ::                                                                                                      \
            : "memory")

#define WF_STRING(value) WF_STRING_OF(value)
#define WF_STRING_OF(value) #value

#else

/* Elsewhere an announcement is nothing but a barrier for the compiler. */
#define WF_ANNOUNCE(type, name) __asm__ __volatile__("" ::: "memory")

#endif

/* A quiescence point, without and with a name for messages. */
#define WF_QUIESCENCE_POINT() WF_ANNOUNCE(WF_NOTE_QUIESCENCE, "\"\"")
#define WF_QUIESCENCE_POINT_NAMED(name) WF_ANNOUNCE(WF_NOTE_QUIESCENCE, #name)

#define wf_quiescence() WF_QUIESCENCE_POINT()
#define wf_local_quiescence() WF_ANNOUNCE(WF_NOTE_LOCAL_QUIESCENCE, "\"\"")
#define wf_global_quiescence() WF_ANNOUNCE(WF_NOTE_GLOBAL_QUIESCENCE, "\"\"")
#define wf_thread_birth(name) WF_ANNOUNCE(WF_NOTE_THREAD_BIRTH, #name)
#define wf_thread_death() WF_ANNOUNCE(WF_NOTE_THREAD_DEATH, "\"\"")

#endif
