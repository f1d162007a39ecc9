# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    movl $42, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .go.buildinfo,"a",@progbits
    .ascii "\377 Go buildinf:"
    .section .note.GNU-stack,"",@progbits
