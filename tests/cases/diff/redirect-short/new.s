# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
