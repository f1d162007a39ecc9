// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Linux;

/// <summary>A directory that is held open, so that names in it mean what they meant when it was opened: it is no symbolic link, which in
/// another mount namespace could lead to a place of ours.</summary>
internal sealed class PlainDirectory : IDisposable
{
    // asm-generic/fcntl.h
    private const int PathOnly = 0x200000, Directory = 0x10000, NoFollow = 0x20000, CloseOnExec = 0x80000;

    private readonly int _descriptor;

    private PlainDirectory(int descriptor) => _descriptor = descriptor;

    /// <summary>Null where there is no such directory, or where it is a link.</summary>
    public static PlainDirectory? TryOpen(string path) =>
        NativeMethods.Open(path, PathOnly | Directory | NoFollow | CloseOnExec) is >= 0 and var descriptor ? new PlainDirectory(descriptor) : null;

    /// <summary>The path of a name in it, for this process.</summary>
    public string PathOf(string name) => Path.Combine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{_descriptor}"), name);

    public void Dispose() => _ = NativeMethods.Close(_descriptor);
}
