// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Wfpatch.Core.Tests.Houses;

/// <summary>Wfpatch.Core computes and nothing else: what it refers to says so.</summary>
public sealed class PurityTests
{
    /// <summary>Outer worlds: files, processes, the network, threads, native code, the environment, the clock, chance.</summary>
    private static readonly string[] Impure =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.FileStream", "System.IO.DriveInfo",
        "System.IO.FileSystemWatcher", "System.IO.Path.GetTempPath", "System.IO.Path.GetTempFileName", "System.IO.Path.GetFullPath",
        "System.IO.RandomAccess", "System.IO.StreamReader", "System.IO.StreamWriter", "System.IO.MemoryMappedFiles", "System.IO.Pipes",
        "Microsoft.Win32",
        "System.Diagnostics.Process", "System.Diagnostics.Stopwatch", "System.Net", "System.Console", "System.AppContext",
        "System.Random", "System.Guid.NewGuid", "System.Security.Cryptography", "System.Reflection.Assembly",
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now",
        "System.DateTimeOffset.get_UtcNow", "System.TimeProvider",
        "System.Threading.Thread", "System.Threading.ThreadPool", "System.Threading.Timer", "System.Threading.Tasks", "System.Threading.Monitor",
        "System.Threading.Lock",
        "System.Runtime.InteropServices.Marshal", "System.Runtime.InteropServices.NativeLibrary", "System.Runtime.InteropServices.DllImportAttribute",
    ];

    /// <summary>The packages and the parts of .NET's library that it is made of.</summary>
    private static readonly string[] Allowed =
    [
        "Iced", "Tomlyn", "System.IO.Hashing",
        "System.Collections", "System.Collections.Immutable", "System.Linq", "System.Memory", "System.Runtime", "System.Runtime.InteropServices",
        "System.Text.Encoding.Extensions", "System.Text.RegularExpressions", "System.Numerics.Vectors", "System.Runtime.Extensions",
    ];

    private static readonly AssemblyFacts Core = AssemblyFacts.Read("Wfpatch.Core");

    [Fact]
    public void Core_refers_to_nothing_that_touches_the_world() =>
        Assert.DoesNotContain(Core.Members, m => Impure.Any(i => m == i || m.StartsWith(i + ".", StringComparison.Ordinal)));

    /// <summary>But for what the compiler writes into iterators.</summary>
    [Fact]
    public void Core_does_not_look_at_its_environment() => Assert.Equal(
        ["System.Environment.get_CurrentManagedThreadId"],
        Core.Members.Where(m => m.StartsWith("System.Environment.", StringComparison.Ordinal)));

    [Fact]
    public void Core_has_no_native_methods() => Assert.Empty(Core.NativeMethods);

    [Fact]
    public void Core_is_made_of_few_assemblies() => Assert.Empty(Core.Assemblies.Except(Allowed));

    /// <summary>The same look finds these things where they are: the tests above are not blind.</summary>
    [Fact]
    public void The_look_finds_files_threads_and_native_methods_in_Live()
    {
        var live = AssemblyFacts.Read("Wfpatch.Live");
        Assert.Contains("System.IO.File", live.Members);
        Assert.Contains("System.Threading.Thread", live.Members);
        Assert.Contains(live.NativeMethods, m => m.Contains("ptrace", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>All calls into the C library stand in one class, which only NativeLinux and two neighbours name.</summary>
    [Fact]
    public void Native_methods_stand_in_one_class_of_Live()
    {
        Assert.DoesNotContain(AssemblyFacts.Read("Wfpatch.Live").NativeMethods, m => !m.StartsWith("NativeMethods.", StringComparison.Ordinal));
        Assert.Empty(AssemblyFacts.Read("Wfpatch.Build").NativeMethods);
    }
}
