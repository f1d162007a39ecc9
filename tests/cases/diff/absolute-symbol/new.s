# SPDX-License-Identifier: Apache-2.0
    .globl magic
    .set magic, 0x1234
    .section .text.f,"ax",@progbits
    .globl f
    .type f,@function
f:
    .cfi_startproc
    call magic
    cld
    ret
    .cfi_endproc
    .size f, .-f
