# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    movl $0, %eax
1:  addl $2, %eax
    decl %edi
    jg 1b
    .byte 0xe9
    .long 2f - . - 4
    nop
2:  ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
