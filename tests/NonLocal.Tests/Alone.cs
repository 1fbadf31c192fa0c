namespace NonLocal.Tests;

/// <summary>Tests that look at the whole process: no other test runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
