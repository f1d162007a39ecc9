# SPDX-License-Identifier: Apache-2.0
    .section .text.personality, "ax", @progbits
    .type personality, @function
personality:
    .cfi_startproc
    xorl %eax, %eax
    ret
    .cfi_endproc
    .size personality, .-personality
    .section .text.f, "ax", @progbits
    .globl f
    .type f, @function
f:
    .cfi_startproc
    .cfi_personality 0x1b, personality
    movl $2, %eax
    ret
    .cfi_endproc
    .size f, .-f
    .section .note.GNU-stack, "", @progbits
