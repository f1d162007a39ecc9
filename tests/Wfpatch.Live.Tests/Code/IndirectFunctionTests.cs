// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>A function that an IFUNC resolver has chosen is patched where it stands: everybody who holds its address goes by its entry.</summary>
public sealed class IndirectFunctionTests
{
    [Theory]
    [InlineData("-O2", "l")]
    [InlineData("-O2 -Wl,-z,now", "n")]
    [InlineData("-O0", "no")]
    public async Task A_chosen_function_is_replaced(string compile, string load)
    {
        var library = await TestLibrary.BuildAsync("indirect-library", [.. compile.Split(' ')]);
        await using var program = await LibraryProgram.StartWithAsync(library, load);
        await program.ExpectAsync("chosen_here", 17, 17, 17);
        await program.ExpectAsync("through", 117, 117, 117);
        await program.ExpectAsync("by_name", 317, 317, 317);
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("chosen_here", 27, 27, 27);
        await program.ExpectAsync("through", 227, 227, 227);
        await program.ExpectAsync("by_name", 3154, 3154, 3154); // new code calls by name what the resolver chose, and that is patched too
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("chosen_here", 17, 17, 17);
        await program.ExpectAsync("by_name", 317, 317, 317);
    }
}
