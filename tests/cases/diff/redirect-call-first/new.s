# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    call outside@PLT
    addl $2, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.gnu.property,"a",@note
    .balign 8
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 3, 0
    .section .note.GNU-stack,"",@progbits
