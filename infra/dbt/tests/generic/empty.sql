{# Every row: there may be none. #}
{% test empty(model) %}
select * from {{ model }}
{% endtest %}
