// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Wfpatch.Core.Tests.Houses;

/// <summary>What a compiled assembly refers to, read from its metadata without loading it.</summary>
/// <param name="Assemblies">Names of the assemblies that it refers to.</param>
/// <param name="Members">Types ("System.IO.File") and members ("System.DateTime.get_Now") of other assemblies that it uses.</param>
/// <param name="NativeMethods">Its own methods that are P/Invokes, with their type.</param>
internal sealed record AssemblyFacts(IReadOnlySet<string> Assemblies, IReadOnlySet<string> Members, IReadOnlyList<string> NativeMethods)
{
    /// <param name="name">Without .dll; stands beside the tests.</param>
    public static AssemblyFacts Read(string name)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
        var reader = file.GetMetadataReader();
        var types = reader.TypeReferences.Select(t => NameOf(reader, t));
        var members = reader.MemberReferences.Select(reader.GetMemberReference)
            .Where(m => m.Parent.Kind == HandleKind.TypeReference)
            .Select(m => $"{NameOf(reader, (TypeReferenceHandle)m.Parent)}.{reader.GetString(m.Name)}");
        var native = reader.MethodDefinitions.Select(reader.GetMethodDefinition)
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Select(m => $"{reader.GetString(reader.GetTypeDefinition(m.GetDeclaringType()).Name)}.{reader.GetString(m.Name)}");
        return new AssemblyFacts(
            reader.AssemblyReferences.Select(a => reader.GetString(reader.GetAssemblyReference(a).Name)).ToHashSet(),
            types.Concat(members).ToHashSet(), [.. native]);
    }

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        string name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(reader, (TypeReferenceHandle)type.ResolutionScope)}.{name}"
            : $"{reader.GetString(type.Namespace)}.{name}";
    }
}
