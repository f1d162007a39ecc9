// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>New code calls what the library's own code would call: bound or not yet, chosen by an IFUNC resolver, interposed, of its own
/// namespace, and nothing that the loader hides from it.</summary>
public sealed class LookupTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("-O2 -Wl,-z,lazy", "l")]
    [InlineData("-O2 -Wl,-z,lazy", "n")]
    [InlineData("-O0 -Wl,-z,lazy", "lg")]
    [InlineData("-O2 -Wl,-z,now", "l")]
    [InlineData("-O2 -fcf-protection=full -Wl,-z,lazy -Wl,-z,ibtplt", "l")]
    [InlineData("-O3 -fno-plt", "l")]
    [InlineData("-O2 -Wl,-z,lazy", "lm")]
    [InlineData("-O2 -Wl,-z,now", "nm")]
    [InlineData("-O2 -fno-plt", "nm")]
    public async Task Calls_go_to_the_library_that_came_along(string compile, string load)
    {
        var (library, _) = await BuildAsync(compile);
        await using var program = await LibraryProgram.StartWithAsync(library, load);
        await ExpectAsync(program, library, 2046);
    }

    /// <summary>What is preloaded comes first, but not in a namespace of its own.</summary>
    [Theory]
    [InlineData("-O2 -Wl,-z,lazy", "l", 2068)]
    [InlineData("-O2 -Wl,-z,now", "n", 2068)]
    [InlineData("-O2 -fno-plt", "l", 2068)]
    [InlineData("-O2 -Wl,-z,lazy", "lm", 2046)]
    [InlineData("-O2 -Wl,-z,now", "nm", 2046)]
    public async Task Interposed_functions_are_called_where_the_loader_does(string compile, string load, int expected)
    {
        var (library, _) = await BuildAsync(compile);
        var other = await ProviderAsync("other", "-DOTHER");
        await using var program = await LibraryProgram.StartWithAsync(library, load, other.Path);
        await ExpectAsync(program, library, expected);
    }

    [Fact]
    public async Task What_somebody_else_loaded_for_himself_is_refused_by_name()
    {
        var provider = await ProviderAsync("provider");
        var library = await TestLibrary.BuildAsync("lookup-library", "-O2", "-DALONE");
        await using var program = await LibraryProgram.StartAsync();
        await program.OpenAsync("n", provider);
        await program.OpenAsync("n", library);
        var refused = await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Refused);
        Assert.Contains(refused.Refusals, r => r.Code == "WF501" && r.Sentence.Contains("RTLD_LOCAL", StringComparison.Ordinal) && r.Sentence.Contains("extra", StringComparison.Ordinal));
        await program.ExpectAsync("step", 1000, 1000, 1000);
    }

    /// <summary>Whether the second one is for everybody cannot be told from outside.</summary>
    [Fact]
    public async Task What_two_later_libraries_define_is_refused_by_name()
    {
        var (library, _) = await BuildAsync("-O2 -Wl,-z,now");
        var other = await ProviderAsync("other", "-DOTHER");
        await using var program = await LibraryProgram.StartAsync();
        await program.OpenAsync("n", other);
        await program.OpenAsync("n", library);
        var refused = await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Refused);
        Assert.Contains(refused.Refusals, r => r.Code == "WF501" && r.Subject == "extra");
        await program.ExpectAsync("step", 1000, 1000, 1000);
    }

    /// <summary>One patch cannot be for two copies with addresses of their own.</summary>
    [Fact]
    public async Task A_library_that_is_loaded_in_two_namespaces_is_refused()
    {
        var (library, _) = await BuildAsync("-O2 -Wl,-z,now");
        await using var program = await LibraryProgram.StartAsync();
        await program.OpenAsync("n", library);
        await program.OpenAsync("nm", library);
        var refused = await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Refused);
        Assert.Contains(refused.Refusals, r => r.Code == "WF642");
        await program.ExpectAsync("step", 1000, 1000, 1000);
    }

    private static async Task ExpectAsync(LibraryProgram program, TestLibrary library, int expected)
    {
        await program.ExpectAsync("step", 1000, 1000, 1000);
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", expected, expected, expected);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", 1000, 1000, 1000);
    }

    private static async Task<(TestLibrary Library, TestLibrary Provider)> BuildAsync(string compile)
    {
        var provider = await ProviderAsync("provider");
        return (await TestLibrary.BuildAsync("lookup-library", [.. compile.Split(' '), "-Wl,--no-as-needed", provider.Path]), provider);
    }

    private static async Task<TestLibrary> ProviderAsync(string name, params string[] flags) =>
        new(await TestLibrary.LinkAsync("provider-library", $"lib{name}.so.1", ["-O2", .. flags], Cancel), new(null!, ""));
}
