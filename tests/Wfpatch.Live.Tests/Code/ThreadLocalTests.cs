// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>New code uses each thread's own variables, the same as the old code did: in libraries loaded at the start and later, by all
/// models and in both dialects.</summary>
public sealed class ThreadLocalTests
{
    /// <summary>Flags of the compiler, and those of dlopen: `o` for a library that is there from the start.</summary>
    public static TheoryData<string, string> Ways { get; } = new(
        from compile in (ImmutableArray<string>)
        [
            "-O2", "-O0", "-O3 -fno-plt", "-O2 -ftls-model=global-dynamic", "-O2 -fno-plt -ftls-model=global-dynamic -Wl,-z,now", "-O2 -fcf-protection=full -Wl,-z,ibtplt",
            "-O2 -mtls-dialect=gnu2", "-O0 -mtls-dialect=gnu2", "-O2 -mtls-dialect=gnu2 -ftls-model=global-dynamic",
        ]
        from load in (ImmutableArray<string>)["l", "no"]
        select (compile, load));

    [Theory]
    [MemberData(nameof(Ways))]
    public Task Variables_of_a_library_keep_what_each_thread_has_in_them(string compile, string load) => ExpectContinuityAsync(compile, load);

    /// <summary>With a fixed place behind the thread pointer: through the slots of a library, which must be loaded early.</summary>
    [Theory]
    [InlineData("-O2 -ftls-model=initial-exec")]
    [InlineData("-O2 -fno-plt -ftls-model=initial-exec")]
    public Task Variables_with_a_fixed_place_too(string compile) => ExpectContinuityAsync(compile, "no");

    /// <summary>In a block of the heap that each thread gets when it first needs it: by pairs and by descriptors.</summary>
    [Theory]
    [InlineData("-O2 -DROOM=200000")]
    [InlineData("-O2 -DROOM=200000 -ftls-model=global-dynamic")]
    [InlineData("-O2 -DROOM=200000 -mtls-dialect=gnu2")]
    [InlineData("-O2 -DROOM=200000 -mtls-dialect=gnu2 -ftls-model=global-dynamic")]
    public Task Variables_that_are_allocated_late_too(string compile) => ExpectContinuityAsync(compile, "l");

    /// <summary>The link editor made shorter sequences of what the compiler wrote for a library, and the new code has the compiler's.</summary>
    [Theory]
    [InlineData("-O2")]
    [InlineData("-O0")]
    [InlineData("-O2 -fno-plt")]
    [InlineData("-O2 -ftls-model=global-dynamic")]
    [InlineData("-O2 -fno-plt -ftls-model=global-dynamic")]
    [InlineData("-O2 -mtls-dialect=gnu2")]
    [InlineData("-O0 -mtls-dialect=gnu2 -ftls-model=global-dynamic")]
    public async Task Variables_of_a_program_that_is_compiled_like_a_library(string compile)
    {
        var (program, patch) = await LibraryProgram.StartStaticAsync("tls-library", [.. compile.Split(' ')]);
        await using (program)
        {
            await ExpectContinuityAsync(program, patch);
        }
    }

    private static async Task ExpectContinuityAsync(string compile, string load)
    {
        var library = await TestLibrary.BuildAsync("tls-library", [.. compile.Split(' ')]);
        await using var program = await LibraryProgram.StartWithAsync(library, load);
        await ExpectContinuityAsync(program, library.Patch);
    }

    private static async Task ExpectContinuityAsync(LibraryProgram program, TestPatch patch)
    {
        await program.ExpectAsync("step", 101014, 102014, 103014);
        await InProcess.ApplyAsync(program.Id, patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", 201028, 202028, 203028);
        await program.ExpectAsync("only_shown", 200030, 200030, 200030);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", 101052, 102052, 103052);
    }
}
