# Has a double click on a rater pack (*.ftpack) open the program beside this script, for this user alone; needs no
# administrator. With -Remove it takes that back. NOT RUN HERE: the project has no Windows machine.
param([switch]$Remove)
$ErrorActionPreference = "Stop"

$classes = "HKCU:\Software\Classes"
$type = "FTCompare.Pack"
$program = Join-Path $PSScriptRoot "ftcompare-rater.exe"

if ($Remove) {
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue "$classes\.ftpack", "$classes\$type"
    return
}
if (-not (Test-Path $program)) {
    throw "There is no ftcompare-rater.exe beside this script."
}
New-Item -Force "$classes\.ftpack" -Value $type | Out-Null
New-Item -Force "$classes\$type" -Value "FTCompare rater pack" | Out-Null
New-Item -Force "$classes\$type\DefaultIcon" -Value "`"$program`",0" | Out-Null
New-Item -Force "$classes\$type\shell\open\command" -Value "`"$program`" `"%1`"" | Out-Null
