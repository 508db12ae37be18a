// The entry of the program and the two clone calls, which C++ cannot express: a child returns from the system
// call on an empty stack. The kernel keeps all registers but rax, rcx and r11.
#include <asm/unistd.h>

#define TEXT_OF(number) #number
#define VALUE_OF(macro) TEXT_OF(macro)

// The kernel leaves argc, argv, envp and the auxiliary vector on the stack.
asm(R"(
        .text
        .globl  _start
        .type   _start, @function
_start:
        xor     %ebp, %ebp
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    linx_spawner_start
        ud2
)");

// long linx_clone3(args, size, entry, argument)
asm(R"(
        .globl  linx_clone3
        .type   linx_clone3, @function
linx_clone3:
        mov     %rdx, %r8
        mov     %rcx, %r9
        mov     $)" VALUE_OF(__NR_clone3) R"(, %eax
        syscall
        test    %rax, %rax
        jz      1f
        ret
1:      xor     %ebp, %ebp
        mov     %r9, %rdi
        call    *%r8
        ud2
)");

// long linx_clone(flags, stack, pidfd, entry, argument). clone(2) takes r10 as child_tid and r8 as tls; it
// ignores both without their flags.
asm(R"(
        .globl  linx_clone
        .type   linx_clone, @function
linx_clone:
        mov     %rcx, %r9
        xor     %r10d, %r10d
        mov     $)" VALUE_OF(__NR_clone) R"(, %eax
        syscall
        test    %rax, %rax
        jz      1f
        ret
1:      xor     %ebp, %ebp
        mov     %r8, %rdi
        call    *%r9
        ud2
)");
