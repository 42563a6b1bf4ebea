# Completes helm-clearml-certs in PowerShell: helm-clearml-certs completion powershell | Out-String | Invoke-Expression
# For `helm clearml-certs`, have Helm's own: helm completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'helm-clearml-certs' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
    helm-clearml-certs __complete @words "$wordToComplete" 2>$null | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
        $word, $meaning = $_ -split "`t", 2
        if (-not $meaning) { $meaning = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $meaning)
    }
}
